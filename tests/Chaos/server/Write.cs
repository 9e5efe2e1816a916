namespace ChaosServer;

/// <summary>One step of a writer (tests/Chaos/schedule.mjs).</summary>
/// <param name="Kind">What is written.</param>
/// <param name="Way">Who commits: <c>ef</c>, <c>ado</c>, <c>scope</c>.</param>
/// <param name="End">How it ends: <c>commit</c>, <c>savepoint</c>, <c>rollback</c>, <c>leave</c>.</param>
/// <param name="Delay">Where it is held up once it is committed: <c>commit</c>, before it is published; <c>log</c>, on its way to the log; null.</param>
/// <param name="Note">Unique; of what never commits it begins with <c>void</c>.</param>
public sealed record Write(
    string Kind, string Way, string End, string? Delay, string Note, int Card, int List, int Label, bool Done, IReadOnlyList<Leg> Legs);

/// <summary>What a transfer adds to one account, or vault.</summary>
public sealed record Leg(int? Account, int? Vault, int Amount);
