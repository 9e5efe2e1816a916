using LiveHub.Changes;

namespace LiveHub.Capture;

/// <summary>
/// The time between the moment in which the database may commit a transaction of this process and the moment in which its
/// changeset is in the log. A snapshot may see what is committed and not yet in the log: it waits until every window that
/// was open when it ended has closed, so that the log holds all that it saw (rule 9). And what wrote the same row later comes into the log later: it
/// shows what the first did to that row, and not what it did to others.
/// </summary>
internal sealed class CommitWindow(TimeProvider time)
{
    /// <summary>For something that is known to have been committed, be the machine busy or the database to be asked.</summary>
    private static readonly TimeSpan KnownPatience = TimeSpan.FromSeconds(10);

    /// <summary>Longer than the way from a commit's answer to the log ever takes; a save that waits for a lock has committed nothing.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly Lock _lock = new();
    private readonly HashSet<Ticket> _open = [];

    /// <summary>The database may commit from now on, and its answer will say so.</summary>
    public Ticket Open() => Open(new(this, transaction: null, wroteBefore: null, hurry: null));

    /// <summary>The database may commit this transaction from now on. It concerns snapshots that see it, and whoever writes its rows after it.</summary>
    /// <param name="wroteBefore">Whether it wrote a row that some writes have written after it.</param>
    /// <param name="hurry">Finds out how it ended, where no answer says so.</param>
    public Ticket Open(TransactionId transaction, Func<ChangesetBuilder, Stamp, bool> wroteBefore, Action? hurry = null) => Open(new(this, transaction, wroteBefore, hurry));

    /// <summary>Whether something was committed, is on its way to the log, and wrote a row before these writes did.</summary>
    public bool HasEarlier(ChangesetBuilder writes, Stamp stamp)
    {
        lock (_lock)
        {
            foreach (var ticket in _open)
            {
                if (ticket.WroteBefore(writes, stamp))
                {
                    return true;
                }
            }

            return false;
        }
    }

    /// <param name="seen">What the snapshot shows; null where nobody knows, or it does not matter.</param>
    /// <exception cref="TimeoutException">It shows a transaction of which nobody could find out in time how it ended.</exception>
    public async Task WaitAsync(TransactionSnapshot? seen, CancellationToken cancellationToken)
    {
        var unknown = Find(t => !t.IsKnown);
        var known = PassAsync(() => Find(t => t.IsShownIn(seen)), cancellationToken);
        try
        {
            await AllClosedAsync(unknown).WaitAsync(Patience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Abandoned, or held up in the database: nothing that this snapshot could have seen.
            Forget(unknown);
        }

        // Of what was unknown, something may have become known meanwhile.
        await known;
        await PassAsync(() => Find(t => t.IsShownIn(seen)), cancellationToken);
    }

    /// <summary>Completes when what was committed and wrote a row before these writes did is in the log.</summary>
    /// <exception cref="TimeoutException">Nobody could find out in time how it ended.</exception>
    public Task WaitForEarlierAsync(ChangesetBuilder writes, Stamp stamp) => PassAsync(() => Find(t => t.WroteBefore(writes, stamp)), CancellationToken.None);

    /// <summary>These have ended: who asks hears of it, however busy the machine is.</summary>
    private async Task PassAsync(Func<List<Ticket>> find, CancellationToken cancellationToken)
    {
        while (find() is { Count: > 0 } known)
        {
            known.ForEach(t => t.Hurry());
            try
            {
                await AllClosedAsync(known).WaitAsync(KnownPatience, time, cancellationToken);
            }
            catch (TimeoutException)
            {
                Forget(known.FindAll(t => !t.IsAskedFor));
                throw;
            }

            // One may have been closed for another, which goes on in its place.
        }
    }

    private static Task AllClosedAsync(List<Ticket> tickets) => tickets.Count == 0 ? Task.CompletedTask : Task.WhenAll(tickets.Select(t => t.Closed));

    private Ticket Open(Ticket ticket)
    {
        lock (_lock)
        {
            _open.Add(ticket);
        }

        return ticket;
    }

    /// <summary>All at one moment: whoever closes one to open another opens that first.</summary>
    private List<Ticket> Find(Func<Ticket, bool> isMeant)
    {
        lock (_lock)
        {
            return [.. _open.Where(isMeant)];
        }
    }

    private void Forget(List<Ticket> tickets)
    {
        lock (_lock)
        {
            _open.ExceptWith(tickets);
        }
    }

    internal sealed class Ticket(CommitWindow window, TransactionId? transaction, Func<ChangesetBuilder, Stamp, bool>? wroteBefore, Action? hurry)
    {
        private readonly TaskCompletionSource _closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task Closed => _closed.Task;

        /// <summary>Whether its transaction's number is known.</summary>
        public bool IsKnown => transaction is not null;

        /// <summary>Whether somebody finds out how it ended.</summary>
        public bool IsAskedFor => hurry is not null;

        public bool WroteBefore(ChangesetBuilder writes, Stamp stamp) => wroteBefore?.Invoke(writes, stamp) is true;

        public bool IsShownIn(TransactionSnapshot? seen) => transaction is { } id && seen?.Sees(id) is true;

        public void Hurry() => hurry?.Invoke();

        public void Close()
        {
            lock (window._lock)
            {
                window._open.Remove(this);
            }

            _closed.TrySetResult();
        }
    }
}
