using System.Data.Common;
using System.Runtime.CompilerServices;
using LiveHub.Changes;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace LiveHub.Capture;

/// <summary>Tells when a SaveChanges begins and ends, and reads what it writes from the change tracker where the database does not say it.</summary>
internal sealed class SaveInterceptor(
    LiveModel model, Databases databases, OpenTransactions transactions, TransactionResolver resolver, ChangesetPublisher publisher, CommitWindow window)
    : SaveChangesInterceptor
{
    private readonly ConditionalWeakTable<DbContext, Save> _saves = [];

    public LiveModel Model => model;

    public Databases Databases => databases;

    public OpenTransactions Transactions => transactions;

    public TransactionResolver Resolver => resolver;

    /// <summary>The server's process behind an open connection, where that is known.</summary>
    public int? BackendOf(DbContext context, DbConnection connection) => databases.For(context.GetType()).BackendOf(connection);

    /// <summary>What a context's save wrote is handed on: snapshots need not wait for the rest of it.</summary>
    public void HandedOn(DbContext context)
    {
        if (_saves.TryGetValue(context, out var save))
        {
            save.Ticket.Close();
        }
    }

    /// <summary>What was written could not be handed on.</summary>
    public void Lost(Exception exception, ChangesetBuilder writes) => publisher.Lost(exception, writes);

    /// <summary>Whether a context is in the middle of SaveChanges.</summary>
    public bool IsSaving(DbContext context) => _saves.TryGetValue(context, out _);

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

    // Of a conflict there is no other event: SaveChangesFailed does not come.
    public override InterceptionResult ThrowingConcurrencyException(ConcurrencyExceptionEventData eventData, InterceptionResult result)
    {
        Drop(eventData.Context);
        return result;
    }

    public override ValueTask<InterceptionResult> ThrowingConcurrencyExceptionAsync(
        ConcurrencyExceptionEventData eventData, InterceptionResult result, CancellationToken cancellationToken = default)
    {
        Drop(eventData.Context);
        return new(result);
    }

    private void Begin(DbContext? context)
    {
        if (context is null || model.For(context) is not { } exposed)
        {
            return;
        }

        Drop(context);
        if (databases.For(context.GetType()).CapturesSaves)
        {
            _saves.Add(context, new(null, window.Open()));
        }
        else if (PendingSave.Begin(exposed, context) is { IsEmpty: false } writes)
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
            if (save.Tracked is { } tracked)
            {
                transactions.Add(context, tracked.Complete(), stamp: null);
            }
        }
        catch (Exception e)
        {
            // The data is saved; the caller must not be told otherwise.
            publisher.Lost(e, save.Tracked?.InDoubt());
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
}
