"""Broken requests, made at random from valid ones, and the broker that must survive them."""
