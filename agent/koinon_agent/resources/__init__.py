"""What the agent has to offer: detection, and the reservations and volumes that operations make of it."""
