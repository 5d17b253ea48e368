"""Rewards: weighted terms, and a user's `reward_function(params)`."""
