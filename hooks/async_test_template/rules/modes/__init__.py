"""Rules on modes and loop scopes in the configuration."""
