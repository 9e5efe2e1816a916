using System.Collections.Concurrent;
using LiveHub.Backplane;
using LiveHub.Diagnostics;
using LiveHub.Model;

namespace LiveHub.Capture;

/// <summary>
/// Which history each database is in. Versions and transaction ids belong to one; a backup that was restored, or a fail-over that lost
/// what was written last, begins another, and with it a new epoch of the log (rule 8).
/// </summary>
internal sealed class DatabaseHistories(IBackplane backplane, GuardedLogger<DatabaseHistories> logger)
{
    private readonly ConcurrentDictionary<DatabaseName, (string History, long Version)> _known = new();
    private readonly Lock _lock = new();

    /// <summary>The highest version that is known of a database; read it before asking the database where it stands.</summary>
    public long VersionOf(DatabaseName database) => _known.GetValueOrDefault(database).Version;

    /// <summary>What a database called its history when it was asked last.</summary>
    public string? HistoryOf(DatabaseName database) => _known.TryGetValue(database, out var known) ? known.History : null;

    /// <summary>A transaction of a database that has committed had this version: wherever the database stands in the same history, it is not before that.</summary>
    public void Reached(DatabaseName database, long version)
    {
        if (_known.TryGetValue(database, out var known) && known.Version < version)
        {
            lock (_lock)
            {
                if (_known.TryGetValue(database, out known) && known.Version < version)
                {
                    _known[database] = known with { Version = version };
                }
            }
        }
    }

    /// <param name="history">What the database calls its history.</param>
    /// <param name="version">Where it stands.</param>
    /// <param name="versionBefore">Where it stood before it was asked.</param>
    public void Observe(DatabaseName database, string history, long version, long versionBefore)
    {
        lock (_lock)
        {
            var isKnown = _known.TryGetValue(database, out var known);
            if (isKnown && (known.History != history || version < versionBefore))
            {
                logger.AnotherHistory(database, known.History, history);
                backplane.BeginEpoch();
                isKnown = false;
            }

            _known[database] = (history, isKnown ? Math.Max(known.Version, version) : version);
        }
    }
}
