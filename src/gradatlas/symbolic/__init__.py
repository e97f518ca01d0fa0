"""Terms, and the proof checker that alone can say "proven"; no arrays, no engine."""
