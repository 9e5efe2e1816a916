using System.Collections.Concurrent;
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
    public static readonly TimeSpan KnownPatience = TimeSpan.FromSeconds(10);

    /// <summary>Longer than the way from a commit's answer to the log ever takes; a save that waits for a lock has committed nothing.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<Ticket, byte> _open = new();

    /// <summary>The database may commit from now on, and its answer will say so.</summary>
    public Ticket Open() => Open(new(this, transaction: null, wroteBefore: null, hurry: null));

    /// <summary>The database may commit this transaction from now on. It concerns snapshots that see it, and whoever writes its rows after it.</summary>
    /// <param name="wroteBefore">Whether it wrote a row that some writes have written after it.</param>
    /// <param name="hurry">Finds out how it ended, where no answer says so.</param>
    public Ticket Open(TransactionId transaction, Func<ChangesetBuilder, Stamp, bool> wroteBefore, Action? hurry = null) => Open(new(this, transaction, wroteBefore, hurry));

    /// <summary>What was committed, is on its way to the log, and wrote a row before these writes did.</summary>
    public IReadOnlyList<Ticket> Before(ChangesetBuilder writes, Stamp stamp)
    {
        List<Ticket>? earlier = null;
        foreach (var (ticket, _) in _open)
        {
            if (ticket.WroteBefore(writes, stamp))
            {
                (earlier ??= []).Add(ticket);
            }
        }

        return earlier ?? (IReadOnlyList<Ticket>)[];
    }

    /// <param name="seen">What the snapshot shows; null where nobody knows, or it does not matter.</param>
    /// <exception cref="TimeoutException">It shows a transaction of which nobody could find out in time how it ended.</exception>
    public async Task WaitAsync(TransactionSnapshot? seen, CancellationToken cancellationToken)
    {
        var tickets = _open.Keys.Where(t => t.Concerns(seen)).ToLookup(t => t.IsKnown);
        if (tickets.Count == 0)
        {
            return;
        }

        foreach (var known in tickets[true])
        {
            known.Hurry();
        }

        try
        {
            await Task.WhenAll(tickets[false].Select(t => t.Closed)).WaitAsync(Patience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            // Abandoned, or held up in the database: nothing that this snapshot could have seen.
            foreach (var ticket in tickets[false])
            {
                _open.TryRemove(ticket, out _);
            }
        }

        try
        {
            // These have ended: who asks hears of it, however busy the machine is.
            await Task.WhenAll(tickets[true].Select(t => t.Closed)).WaitAsync(KnownPatience, time, cancellationToken);
        }
        catch (TimeoutException)
        {
            foreach (var abandoned in tickets[true].Where(t => !t.IsAskedFor))
            {
                _open.TryRemove(abandoned, out _);
            }

            throw;
        }
    }

    private Ticket Open(Ticket ticket)
    {
        _open.TryAdd(ticket, 0);
        return ticket;
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

        public bool Concerns(TransactionSnapshot? seen) => transaction is not { } id || seen?.Sees(id) is true;

        public void Hurry() => hurry?.Invoke();

        public void Close()
        {
            window._open.TryRemove(this, out _);
            _closed.TrySetResult();
        }
    }
}
