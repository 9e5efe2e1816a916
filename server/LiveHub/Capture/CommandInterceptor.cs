using System.Data.Common;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;

namespace LiveHub.Capture;

/// <summary>Sees bulk commands, which bypass the change tracker, and commands that fail inside a transaction.</summary>
internal sealed class CommandInterceptor(LiveModel model, OpenTransactions transactions, ChangesetPublisher publisher) : DbCommandInterceptor
{
    public override int NonQueryExecuted(DbCommand command, CommandExecutedEventData eventData, int result)
    {
        Executed(command.CommandText, eventData, result);
        return result;
    }

    public override ValueTask<int> NonQueryExecutedAsync(
        DbCommand command, CommandExecutedEventData eventData, int result, CancellationToken cancellationToken = default)
    {
        Executed(command.CommandText, eventData, result);
        return new(result);
    }

    public override void CommandFailed(DbCommand command, CommandErrorEventData eventData) => transactions.MarkFailed(eventData.Context, command.Transaction);

    public override Task CommandFailedAsync(DbCommand command, CommandErrorEventData eventData, CancellationToken cancellationToken = default)
    {
        transactions.MarkFailed(eventData.Context, command.Transaction);
        return Task.CompletedTask;
    }

    public override void CommandCanceled(DbCommand command, CommandEndEventData eventData) => transactions.MarkFailed(eventData.Context, command.Transaction);

    public override Task CommandCanceledAsync(DbCommand command, CommandEndEventData eventData, CancellationToken cancellationToken = default)
    {
        transactions.MarkFailed(eventData.Context, command.Transaction);
        return Task.CompletedTask;
    }

    private void Executed(string sql, CommandExecutedEventData eventData, int rows)
    {
        if (eventData.CommandSource is not (CommandSource.ExecuteUpdate or CommandSource.ExecuteDelete) || rows == 0
            || eventData.Context is not { } context || model.For(context) is not { } exposed)
        {
            return;
        }

        try
        {
            transactions.Add(context, BulkCommand.Invalidate(exposed.TablesOf(context.Model), sql), stamp: null);
        }
        catch (Exception e)
        {
            publisher.Lost(e, committed: null);
        }
    }
}
