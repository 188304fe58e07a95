"""The build methods, a module for each language or tool."""
