using LiveHub.Changes;

namespace LiveHub.Backplane;

/// <summary>One entry of the log.</summary>
/// <param name="At">When it came into the log.</param>
internal sealed record LogEntry(Position Position, Changeset Changeset, DateTimeOffset At = default);
