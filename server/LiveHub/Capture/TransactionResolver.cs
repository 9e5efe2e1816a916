using System.Data.Common;
using LiveHub.Backplane;
using LiveHub.Changes;
using LiveHub.Diagnostics;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.Capture;

/// <summary>
/// Finds out how transactions ended of whose end no event tells: it asks the database, on a connection of its own. What was
/// committed is published, what was rolled back is dropped, and where nobody knows, the rows concerned are read again.
/// </summary>
internal sealed class TransactionResolver(
    LiveModel model, Databases databases, ChangesetPublisher publisher, IBackplane backplane, CommitWindow window, IServiceScopeFactory scopes, TimeProvider time, GuardedLogger<TransactionResolver> logger)
    : IDisposable
{
    private static readonly TimeSpan First = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan Longest = TimeSpan.FromSeconds(1);

    /// <summary>How long a database that cannot be asked is asked again; then what is in doubt is read again.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly CancellationTokenSource _stopping = new();
    private int _open;

    public void Dispose()
    {
        _stopping.Cancel();
        if (Volatile.Read(ref _open) > 0)
        {
            // How they ended, nobody here finds out any more.
            backplane.EndIncomplete();
        }
    }

    /// <summary>It has ended, or will, without a word. Never throws, and never waits.</summary>
    public void Resolve(OpenTransaction transaction)
    {
        if (!transaction.HasEnded)
        {
            publisher.Name(transaction);

            // Until it is known, no snapshot shows what it may have committed.
            transaction.Window ??= transaction.Stamp is { } stamp ? window.Open(stamp.Transaction, transaction.WroteBefore, () => transaction.Hurried.Release())
                : transaction.Backend is null ? null : window.Open();

            Interlocked.Increment(ref _open);

            // Without what belongs to the caller: an ambient transaction, a synchronization context that may not live on.
            ThreadPool.UnsafeQueueUserWorkItem(static ask => _ = ask.Resolver.ResolveAsync(ask.Transaction, ask.Stopping), (Resolver: this, Transaction: transaction, Stopping: _stopping.Token), preferLocal: false);
        }
    }

    private async Task ResolveAsync(OpenTransaction transaction, CancellationToken stopping)
    {
        try
        {
            var state = await EndAsync(transaction, stopping);
            if (state is TransactionState.Committed)
            {
                publisher.Publish(transaction);
            }
            else if (state is not TransactionState.Unknown)
            {
                publisher.Drop(transaction);
            }
            else
            {
                // A copy: as long as its window is open, others look at what it wrote.
                var doubtful = transaction.InDoubt();
                if (transaction.End() is not null)
                {
                    publisher.Publish(doubtful, stamp: null, transaction.Id, transaction.IsNamed);
                    transaction.Window?.Close();
                }
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // The process ends, and has said so.
            return;
        }
        catch (Exception e)
        {
            var doubtful = transaction.InDoubt();
            var isOurs = transaction.End() is not null;
            publisher.Lost(e, isOurs ? doubtful : null, transaction.Id);
            if (isOurs)
            {
                transaction.Window?.Close();
            }
        }

        Interlocked.Decrement(ref _open);
    }

    private async Task<TransactionState> EndAsync(OpenTransaction transaction, CancellationToken stopping)
    {
        var started = time.GetTimestamp();
        var isTold = transaction.Stamp is not null || transaction.Backend is not null;
        for (var delay = First; ; delay = TimeSpan.FromTicks(Math.Min(delay.Ticks * 2, Longest.Ticks)))
        {
            try
            {
                var state = await AskAsync(transaction, stopping);
                if (state is not TransactionState.InProgress || transaction.HasEnded)
                {
                    return state;
                }

                started = time.GetTimestamp();
                if (!isTold)
                {
                    // Which of those in progress it is, nobody knows, and they may take long: what it wrote is read now, and again when they have ended.
                    publisher.Publish(transaction.InDoubt(), stamp: null);
                    isTold = true;
                }
            }
            catch (Exception e) when (e is DbException or InvalidOperationException or TimeoutException && time.GetElapsedTime(started) < Patience)
            {
                logger.CannotAsk(transaction.Database, e);
            }

            using var next = CancellationTokenSource.CreateLinkedTokenSource(stopping);
            await Task.WhenAny(Task.Delay(delay, time, next.Token), transaction.Hurried.WaitAsync(next.Token));
            await next.CancelAsync();
            stopping.ThrowIfCancellationRequested();
        }
    }

    private async Task<TransactionState> AskAsync(OpenTransaction transaction, CancellationToken stopping)
    {
        await using var scope = scopes.CreateAsyncScope();
        await using var lease = model.Rent(scope.ServiceProvider, transaction.ContextType);

        // Whatever address it was written through: what is held is of this database (DatabaseOrigin).
        return await databases.For(transaction.ContextType).ReadStateAsync(lease.Context, transaction, time.GetElapsedTime(transaction.Since), stopping);
    }
}
