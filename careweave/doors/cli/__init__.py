"""The door for operators: one command line for everything that is done beside the doors."""
