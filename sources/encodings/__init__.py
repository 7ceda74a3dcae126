"""Values in bytes of a schema (Avro, Protobuf, JSON Schema), read exactly: a module each, and the framing of ids."""
