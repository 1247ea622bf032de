"""Composition, transports, pipeline, acknowledgements, orders, ERP and the command line."""
