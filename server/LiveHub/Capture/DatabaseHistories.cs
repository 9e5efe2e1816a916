using System.Collections.Concurrent;
using LiveHub.Backplane;
using LiveHub.Diagnostics;
using LiveHub.Model;

namespace LiveHub.Capture;

/// <summary>
/// Which history each database is in. Versions and transaction ids belong to one; a backup that was restored, or a fail-over that lost
/// what was written last, begins another, and with it a new epoch of the log (rule 8).
/// </summary>
internal sealed class DatabaseHistories(LiveModel model, IBackplane backplane, GuardedLogger<DatabaseHistories> logger)
{
    private readonly ConcurrentDictionary<DatabaseName, Known> _known = new();
    private readonly Lock _lock = new();

    /// <summary>The highest version that is known of a database, here or in the log; read it before asking the database where it stands.</summary>
    public long VersionOf(DatabaseName database) => Current(database)?.Version ?? 0;

    /// <summary>What a database called its history when it was asked last.</summary>
    public string? HistoryOf(DatabaseName database) => _known.GetValueOrDefault(database)?.History;

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
            var known = Current(database);
            var isAnother = known is not null && (known.History != history || version < versionBefore);
            if (isAnother)
            {
                logger.AnotherHistory(database, known!.History, history);
            }

            var name = model.NameOf(database);
            if (name is not null && (isAnother || known is not { IsTold: true }))
            {
                backplane.Observe(new(name, history, version, known?.Lineage ?? ""), isAnother);
            }
            else if (isAnother)
            {
                backplane.BeginEpoch();
            }

            _known[database] = new(history, isAnother ? version : Math.Max(known?.Version ?? 0, version), known?.Lineage ?? "", IsTold: name is not null, IsNewer: isAnother);
        }
    }

    /// <summary>What is known of a database by this node and by the log together; null where nothing is.</summary>
    private Known? Current(DatabaseName database)
    {
        var known = _known.GetValueOrDefault(database);
        if (model.NameOf(database) is not { } name || backplane.HistoryOf(name) is not { } log)
        {
            return known;
        }

        if (known is not null && (known.Lineage == log.Lineage || (known.Lineage.Length == 0 && known.History == log.History)))
        {
            return known.IsNewer ? known : known with { Version = Math.Max(known.Version, log.Version), Lineage = log.Lineage };
        }

        // Another node has noticed that it became another one, or this one has just come.
        return new(log.History, log.Version, log.Lineage);
    }

    /// <param name="History">What the database called its history.</param>
    /// <param name="Version">It has come no less far.</param>
    /// <param name="Lineage">See <see cref="DatabaseHistory"/>.</param>
    /// <param name="IsTold">Whether the log was told.</param>
    /// <param name="IsNewer">This node has noticed that it became another one, and the log has not begun another epoch yet.</param>
    private sealed record Known(string History, long Version, string Lineage, bool IsTold = false, bool IsNewer = false);
}
