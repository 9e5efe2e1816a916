using LiveHub.Changes;

namespace LiveHub.Backplane;

/// <summary>One entry of the log.</summary>
internal sealed record LogEntry(Position Position, Changeset Changeset);
