"""Our keys and partners' certificates: making, reading, keeping and renewing them."""
