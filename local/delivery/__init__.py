"""Delivery: images and configuration reach a stage on AWS, by digest."""
