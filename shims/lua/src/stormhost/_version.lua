--- Which library this is, and which Lua runs it.

return {
  number = "0.1.0",
  lua = jit and jit.version or _VERSION,
}
