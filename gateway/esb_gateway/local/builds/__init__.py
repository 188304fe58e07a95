"""What functions need before they can run as processes: programs built from source, installed packages."""
