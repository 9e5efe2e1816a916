using System.Runtime.CompilerServices;
using System.Transactions;
using LiveHub.Changes;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage;

namespace LiveHub.Capture;

/// <summary>Reads what each SaveChanges writes, and publishes it at once where no transaction is open around it.</summary>
internal sealed class SaveInterceptor(LiveModel model, TransactionChanges transactions, ChangesetPublisher publisher, CommitWindow window)
    : SaveChangesInterceptor
{
    private readonly ConditionalWeakTable<DbContext, Save> _saves = [];

    public override InterceptionResult<int> SavingChanges(DbContextEventData eventData, InterceptionResult<int> result)
    {
        Begin(eventData.Context);
        return result;
    }

    public override ValueTask<InterceptionResult<int>> SavingChangesAsync(
        DbContextEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        Begin(eventData.Context);
        return new(result);
    }

    public override int SavedChanges(SaveChangesCompletedEventData eventData, int result)
    {
        Complete(eventData.Context);
        return result;
    }

    public override ValueTask<int> SavedChangesAsync(
        SaveChangesCompletedEventData eventData, int result, CancellationToken cancellationToken = default)
    {
        Complete(eventData.Context);
        return new(result);
    }

    public override void SaveChangesFailed(DbContextErrorEventData eventData) => Drop(eventData.Context);

    public override Task SaveChangesFailedAsync(DbContextErrorEventData eventData, CancellationToken cancellationToken = default)
    {
        Drop(eventData.Context);
        return Task.CompletedTask;
    }

    public override void SaveChangesCanceled(DbContextEventData eventData) => Drop(eventData.Context);

    public override Task SaveChangesCanceledAsync(DbContextEventData eventData, CancellationToken cancellationToken = default)
    {
        Drop(eventData.Context);
        return Task.CompletedTask;
    }

    private void Begin(DbContext? context)
    {
        if (context is null || model.For(context) is not { } exposed)
        {
            return;
        }

        Drop(context);
        var writes = PendingSave.Begin(exposed, context);
        if (!writes.IsEmpty)
        {
            _saves.Add(context, new(writes, window.Open()));
        }
    }

    private void Complete(DbContext? context)
    {
        if (context is null || !_saves.Remove(context, out var save))
        {
            return;
        }

        try
        {
            var changes = save.Writes.Complete();
            if (context.Database.CurrentTransaction is { } transaction)
            {
                transactions.Hold(context, transaction.GetDbTransaction(), changes);
            }
            else if ((context.Database.GetEnlistedTransaction() ?? Transaction.Current) is { } ambient)
            {
                PublishWhenCommitted(ambient, changes);
            }
            else
            {
                publisher.Publish(changes);
            }
        }
        catch (Exception e)
        {
            // The data is saved; the caller must not be told otherwise.
            publisher.Lost(e);
        }
        finally
        {
            save.Ticket.Close();
        }
    }

    private void Drop(DbContext? context)
    {
        if (context is not null && _saves.Remove(context, out var save))
        {
            save.Ticket.Close();
        }
    }

    private void PublishWhenCommitted(Transaction ambient, ChangesetBuilder changes)
        => ambient.TransactionCompleted += (_, e) =>
        {
            if (e.Transaction?.TransactionInformation.Status is TransactionStatus.Committed)
            {
                publisher.Publish(changes);
            }
        };

    private sealed record Save(PendingSave Writes, CommitWindow.Ticket Ticket);
}
