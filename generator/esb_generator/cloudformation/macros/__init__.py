"""What AWS expands before it reads anything else of a template: includes and loops."""
