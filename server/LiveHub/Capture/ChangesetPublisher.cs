using System.Collections.Concurrent;
using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Diagnostics;
using LiveHub.Model;

namespace LiveHub.Capture;

/// <summary>
/// Brings what a committed transaction wrote into the log, after whatever wrote the same rows before it: a row as the second left it shows half of the first
/// (docs/decisions/0015). Nothing here throws: the commit is done.
/// </summary>
internal sealed class ChangesetPublisher(IBackplane backplane, DatabaseHistories histories, CommitWindow window, LiveHubMetrics metrics, TimeProvider time, GuardedLogger<ChangesetPublisher> logger)
    : IDisposable
{
    private readonly Lock _lock = new();
    private readonly ConcurrentDictionary<ChangesetId, byte> _named = new();
    private long _version;
    private int _inTurn;

    public void Dispose()
    {
        if (Volatile.Read(ref _inTurn) > 0)
        {
            backplane.EndIncomplete();
        }
    }

    /// <summary>The id of a changeset that begins now, by the log's clock: nodes whose clocks differ compare them.</summary>
    public ChangesetId NewId() => ChangesetId.New(time.GetUtcNow() + backplane.Skew);

    /// <summary>Whether a changeset will come, however long ago its transaction began.</summary>
    public bool IsToCome(ChangesetId id) => _named.ContainsKey(id);

    /// <summary>How it ended is yet to be found out; a request that gathers what it commits names it already.</summary>
    public void Name(OpenTransaction transaction) => transaction.IsNamed |= Name(transaction.Id);

    public void Publish(OpenTransaction committed)
    {
        if (committed.End() is { } writes)
        {
            Reached(committed.Database, committed.Stamp);
            Publish(writes, committed.Stamp, committed.Id, committed.IsNamed);
            committed.Window?.Close();
        }
    }

    /// <param name="database">Where it was committed; null where no name says that.</param>
    public void Publish(ChangesetBuilder committed, Stamp? stamp, DatabaseName? database = null)
    {
        Reached(database, stamp);
        Publish(committed, stamp, NewId(), isNamed: false);
    }

    /// <param name="isNamed">Somebody may ask whether it was seen: the log says of it that there was nothing to see, too.</param>
    public void Publish(ChangesetBuilder committed, Stamp? stamp, ChangesetId id, bool isNamed)
    {
        try
        {
            if (stamp is { } known)
            {
                var changeset = committed.Build(id, known.Transaction, known.Version) ?? Nothing(id, isNamed);
                if (changeset is not null && window.HasEarlier(committed, known))
                {
                    Name(id);
                    var own = window.Open(known.Transaction, (later, at) => known.Version < at.Version && committed.MeetsIn(later));
                    _ = AppendInTurnAsync(committed, known, changeset, own);
                }
                else
                {
                    Append(changeset);
                }

                return;
            }

            // Without stamps, versions count the changesets of this process; the lock keeps the log in their order.
            lock (_lock)
            {
                if (Append(committed.Build(id, transaction: null, _version + 1) ?? Nothing(id, isNamed)))
                {
                    _version++;
                }
            }
        }
        catch (Exception e)
        {
            Lost(e, committed, id);
        }
    }

    /// <summary>It was rolled back: nothing of it is ever published.</summary>
    public void Drop(OpenTransaction transaction)
    {
        if (transaction.End() is not null)
        {
            Append(Nothing(transaction.Id, transaction.IsNamed));
            transaction.Window?.Close();
        }
    }

    /// <summary>What was saved could not be brought into the log: whatever it may have touched is read again.</summary>
    public void Lost(Exception exception, ChangesetBuilder? committed, ChangesetId? id = null)
    {
        Report(exception);
        try
        {
            committed?.Doubt(0);
            Append(committed?.Build(id ?? NewId(), transaction: null, version: 0));
        }
        catch (Exception e)
        {
            Report(e);
        }
    }

    /// <summary>Rows of a save could not be understood; they are read again.</summary>
    public void Unreadable(Exception exception, Entity entity)
    {
        logger.RowUnreadable(entity.Name, exception);
        metrics.Failed(Stages.Capture, exception);
    }

    private void Reached(DatabaseName? database, Stamp? stamp)
    {
        if (database is not null && stamp is { } known)
        {
            histories.Reached(database, known.Version);
        }
    }

    private void Report(Exception exception)
    {
        metrics.Failed(Stages.Capture, exception);
        logger.PublishFailed(exception);
    }

    private bool Name(ChangesetId id)
    {
        var isNamed = RequestTransactions.Add(id);
        if (isNamed)
        {
            _named[id] = default;
        }

        return isNamed;
    }

    private async Task AppendInTurnAsync(ChangesetBuilder writes, Stamp stamp, Changeset changeset, CommitWindow.Ticket own)
    {
        Interlocked.Increment(ref _inTurn);
        try
        {
            await window.WaitForEarlierAsync(writes, stamp);
        }
        catch (TimeoutException e)
        {
            // Nobody hears of its end any more: what came after it is not to wait for ever.
            Report(e);
        }

        try
        {
            Append(changeset);
        }
        catch (Exception e)
        {
            Report(e);
        }
        finally
        {
            own.Close();
            Interlocked.Decrement(ref _inTurn);
        }
    }

    private static Changeset? Nothing(ChangesetId id, bool isNamed)
        => isNamed ? new(id, Transaction: null, [], [], SizeBytes: 64) : null;

    private bool Append(Changeset? changeset)
    {
        if (changeset is not null)
        {
            backplane.Append(LiveHubActivities.Trace is { } trace ? changeset with { Trace = trace } : changeset);
            RequestTransactions.Add(changeset.Id);
            if (!_named.IsEmpty)
            {
                _named.TryRemove(changeset.Id, out _);
            }
        }

        return changeset is not null;
    }
}
