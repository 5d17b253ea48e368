"""Rewards of a step: weighted terms, or a user's DeepRacer `reward_function(params)`."""
