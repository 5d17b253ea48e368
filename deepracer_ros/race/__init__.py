"""The track and the rules of the race: geometry, referee, rewards."""
