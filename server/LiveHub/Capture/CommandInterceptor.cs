using System.Data.Common;
using System.Runtime.CompilerServices;
using LiveHub.Changes;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace LiveHub.Capture;

/// <summary>Sees bulk commands, which bypass the change tracker, and commands that fail inside a transaction.</summary>
internal sealed class CommandInterceptor(LiveModel model, Databases databases, OpenTransactions transactions, ChangesetPublisher publisher) : DbCommandInterceptor
{
    private readonly ConditionalWeakTable<DbCommand, StrongBox<int>> _backends = [];

    public override int NonQueryExecuted(DbCommand command, CommandExecutedEventData eventData, int result)
    {
        ExecutedAsync(command.CommandText, eventData, result, async: false, CancellationToken.None).GetAwaiter().GetResult();
        return result;
    }

    public override async ValueTask<int> NonQueryExecutedAsync(
        DbCommand command, CommandExecutedEventData eventData, int result, CancellationToken cancellationToken = default)
    {
        // Not the caller's token: the command is done, and has to be handed on.
        await ExecutedAsync(command.CommandText, eventData, result, async: true, CancellationToken.None);
        return result;
    }

    public override InterceptionResult<int> NonQueryExecuting(DbCommand command, CommandEventData eventData, InterceptionResult<int> result)
    {
        Executing(command, eventData);
        return result;
    }

    public override ValueTask<InterceptionResult<int>> NonQueryExecutingAsync(
        DbCommand command, CommandEventData eventData, InterceptionResult<int> result, CancellationToken cancellationToken = default)
    {
        Executing(command, eventData);
        return new(result);
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

    private void Executing(DbCommand command, CommandEventData eventData)
    {
        if (IsBulk(eventData) && eventData.Context is { } context && model.For(context) is not null
            && databases.For(context.GetType()).BackendOf(eventData.Connection) is { } backend)
        {
            // A broken connection no longer says it.
            _backends.AddOrUpdate(command, new(backend));
        }
    }

    private void Failed(DbCommand command, CommandEventData eventData, Exception? exception)
    {
        transactions.MarkFailed(eventData.Context, command.Transaction);
        if (!IsBulk(eventData) || eventData.Context is not { } context || model.For(context) is not { } exposed || OpenTransactions.IsInTransaction(context)
            || databases.For(context.GetType()).IsRefusal(exception))
        {
            return;
        }

        var backend = _backends.TryGetValue(command, out var known) ? known.Value : (int?)null;
        transactions.Doubt(context, BulkCommand.Invalidate(exposed.TablesOf(context.Model), command.CommandText), backend);
    }

    private async Task ExecutedAsync(string sql, CommandExecutedEventData eventData, int rows, bool async, CancellationToken cancellationToken)
    {
        if (!IsBulk(eventData) || rows == 0 || eventData.Context is not { } context || model.For(context) is not { } exposed)
        {
            return;
        }

        try
        {
            var writes = BulkCommand.Invalidate(exposed.TablesOf(context.Model), sql);
            transactions.Add(context, writes, !writes.IsEmpty && OpenTransactions.IsInTransaction(context) ? await ReadStampAsync(context, async, cancellationToken) : null);
        }
        catch (Exception e)
        {
            publisher.Lost(e, committed: null);
        }
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
}
