"""The questions an auditor asks of the record, each answered with how and when it was asked."""
