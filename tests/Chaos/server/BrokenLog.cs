using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Model;
using LiveHub.Tests.Infrastructure;

namespace ChaosServer;

/// <summary>A log in which one rule does not hold: what reads it is to be found out.</summary>
/// <param name="what">
/// <c>version</c>: a change that was published late is taken for the newest of its row (rule 6); <c>tombstone</c>: one of a row that was deleted meanwhile is taken for a new row (rule 7);
/// <c>snapshot</c>: every snapshot seems to show every transaction (rules 10 and 11); <c>transaction</c>: each row for itself (rule 18); <c>hole</c>: some of what other nodes append does not come, and is
/// not looked for (rule 13).
/// </param>
internal sealed class BrokenLog(IBackplane log, string what) : WrappedLog
{
    private readonly Lock _lock = new();
    private readonly Dictionary<(Entity, KeyValues), Change> _newest = [];
    private readonly HashSet<ChangesetId> _own = [];

    protected override IBackplane Inner => log;

    public override void Append(Changeset changeset)
    {
        lock (_lock)
        {
            switch (what)
            {
                case "version" or "tombstone":
                    // Without the transaction, no snapshot tells that it is old.
                    var changes = changeset.Changes.Select(Forget).ToImmutableArray();
                    log.Append(changeset with { Changes = changes, Transaction = changes.SequenceEqual(changeset.Changes) ? changeset.Transaction : null });
                    break;
                case "snapshot":
                    log.Append(changeset with { Transaction = changeset.Transaction is null ? null : new TransactionId(1) });
                    break;
                case "transaction":
                    foreach (var change in changeset.Changes)
                    {
                        log.Append(changeset with { Id = ChangesetId.New(DateTimeOffset.UtcNow), Changes = [change], Invalidations = [] });
                    }

                    log.Append(changeset with { Changes = ImmutableArray<Change>.Empty });
                    break;
                case "hole":
                    _own.Add(changeset.Id);
                    log.Append(changeset);
                    break;
                default:
                    throw new InvalidOperationException($"There is no rule '{what}'.");
            }
        }
    }

    public override async IAsyncEnumerable<LogEntry> ReadAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await foreach (var entry in base.ReadAsync(after, cancellationToken))
        {
            yield return IsLost(entry) ? entry with { Changeset = entry.Changeset with { Changes = [], Invalidations = [] } } : entry;
        }
    }

    private bool IsLost(LogEntry entry)
    {
        lock (_lock)
        {
            // A tag is any number, and the same whenever the entry is read.
            return what == "hole" && entry.Position.Tag % 20 == 0 && !_own.Contains(entry.Changeset.Id);
        }
    }

    private Change Forget(Change change)
    {
        var row = (change.Entity, change.Key.Detach());
        var isDeletes = what == "tombstone";
        if (_newest.GetValueOrDefault(row) is { } newest && newest.Version > change.Version && newest.After is null == isDeletes && change.After is not null)
        {
            change = Change.Between(change.Entity, newest.Version + 1, isDeletes ? null : change.Before, change.After)!;
        }

        if (change.Version > (_newest.GetValueOrDefault(row)?.Version ?? 0))
        {
            _newest[row] = change;
        }

        return change;
    }
}
