"""Programs that damage, kill and deceive, and count what goes wrong."""
