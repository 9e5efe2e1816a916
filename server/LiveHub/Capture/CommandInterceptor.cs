using System.Data.Common;
using System.Runtime.CompilerServices;
using LiveHub.Changes;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace LiveHub.Capture;

/// <summary>Sees bulk commands, which bypass the change tracker, and commands that fail inside a transaction.</summary>
internal sealed class CommandInterceptor(
    LiveModel model, Databases databases, OpenTransactions transactions, ChangesetPublisher publisher, CommitWindow window) : DbCommandInterceptor
{
    private readonly ConditionalWeakTable<DbCommand, Running> _running = [];

    public override int NonQueryExecuted(DbCommand command, CommandExecutedEventData eventData, int result)
    {
        ExecutedAsync(command, eventData, result, async: false, CancellationToken.None).GetAwaiter().GetResult();
        return result;
    }

    public override async ValueTask<int> NonQueryExecutedAsync(
        DbCommand command, CommandExecutedEventData eventData, int result, CancellationToken cancellationToken = default)
    {
        // Not the caller's token: the command is done, and has to be handed on.
        await ExecutedAsync(command, eventData, result, async: true, CancellationToken.None);
        return result;
    }

    public override InterceptionResult<int> NonQueryExecuting(DbCommand command, CommandEventData eventData, InterceptionResult<int> result)
    {
        ExecutingAsync(command, eventData, async: false, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        return result;
    }

    public override async ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        await ExecutingAsync(command, eventData, async: true, cancellationToken);
        return result;
    }

    public override void CommandFailed(DbCommand command, CommandErrorEventData eventData) => Failed(command, eventData, eventData.Exception);

    public override Task CommandFailedAsync(DbCommand command, CommandErrorEventData eventData, CancellationToken cancellationToken = default)
    {
        Failed(command, eventData, eventData.Exception);
        return Task.CompletedTask;
    }

    public override void CommandCanceled(DbCommand command, CommandEndEventData eventData) => Failed(command, eventData, exception: null);

    public override Task CommandCanceledAsync(DbCommand command, CommandEndEventData eventData, CancellationToken cancellationToken = default)
    {
        Failed(command, eventData, exception: null);
        return Task.CompletedTask;
    }

    private static bool IsBulk(CommandEventData eventData) => eventData.CommandSource is CommandSource.ExecuteUpdate or CommandSource.ExecuteDelete;

    private async ValueTask ExecutingAsync(DbCommand command, CommandEventData eventData, bool async, CancellationToken cancellationToken)
    {
        if (IsBulk(eventData) && eventData.Context is { } context && model.For(context) is not null)
        {
            var database = databases.For(context.GetType());
            await database.KnowAsync(eventData.Connection, async, cancellationToken);

            // A broken connection no longer says it.
            var backend = database.BackendOf(eventData.Connection);
            _running.AddOrUpdate(command, new(backend, OpenTransactions.IsInTransaction(context) ? null : window.Open()));
        }
    }

    private void Failed(DbCommand command, CommandEventData eventData, Exception? exception)
    {
        transactions.MarkFailed(eventData.Context, command.Transaction);
        var running = End(command);
        if (!IsBulk(eventData) || eventData.Context is not { } context || model.For(context) is not { } exposed || OpenTransactions.IsInTransaction(context)
            || databases.For(context.GetType()).IsRefusal(exception))
        {
            return;
        }

        transactions.Doubt(context, BulkCommand.Invalidate(exposed.TablesOf(context.Model), command.CommandText), running?.Backend);
    }

    private async Task ExecutedAsync(DbCommand command, CommandExecutedEventData eventData, int rows, bool async, CancellationToken cancellationToken)
    {
        try
        {
            if (IsBulk(eventData) && rows != 0 && eventData.Context is { } context && model.For(context) is { } exposed)
            {
                var writes = BulkCommand.Invalidate(exposed.TablesOf(context.Model), command.CommandText);
                transactions.Add(
                    context, writes, !writes.IsEmpty && OpenTransactions.IsInTransaction(context) ? await ReadStampAsync(context, async, cancellationToken) : null);
            }
        }
        catch (Exception e)
        {
            publisher.Lost(e, committed: null);
        }
        finally
        {
            End(command);
        }
    }

    private Running? End(DbCommand command)
    {
        if (_running.Remove(command, out var running))
        {
            running.Window?.Close();
        }

        return running;
    }

    private async ValueTask<Stamp?> ReadStampAsync(DbContext context, bool async, CancellationToken cancellationToken)
    {
        try
        {
            return await databases.For(context.GetType()).ReadStampAsync(context, async, cancellationToken);
        }
        catch (DbException)
        {
            // The command is done all the same.
            return null;
        }
    }

    /// <summary>A bulk command in progress.</summary>
    /// <param name="Backend">The server's process that runs it, where that is known.</param>
    /// <param name="Window">Holds snapshots back that may see it; null where it does not commit by itself.</param>
    private sealed record Running(int? Backend, CommitWindow.Ticket? Window);
}
