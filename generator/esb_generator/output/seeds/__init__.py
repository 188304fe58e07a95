"""Seed data of tables and buckets."""
