using LiveHub.Changes;

namespace LiveHub.Backplane;

/// <summary>One entry of the log.</summary>
/// <param name="At">When it came into the log.</param>
/// <param name="VersionBefore">The highest version that any entry before it has of the same database, also of those that the log no longer holds; 0 where its reader has seen them all.</param>
internal sealed record LogEntry(Position Position, Changeset Changeset, DateTimeOffset At = default, long VersionBefore = 0);
