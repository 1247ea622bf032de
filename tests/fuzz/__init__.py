"""What must hold whatever bytes a partner sends; tried by hypothesis, by atheris, and on every input that once broke it."""
