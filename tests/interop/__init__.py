"""Exchange with software of others, each in an environment or process of its own."""
