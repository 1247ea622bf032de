"""Expected answers, and matching them with what comes back."""
