using LiveHub.Capture;
using LiveHub.Model;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.EntityFrameworkCore.Update;
using Npgsql;
using Npgsql.EntityFrameworkCore.PostgreSQL.Update.Internal;

namespace LiveHub.PostgreSql.Capture;

/// <summary>
/// A batch of EF Core's statements that also brings the rows which they write: before, read under the rows' locks in front of the
/// statements; after, as it was stored; and the stamp of the transaction, read last. It is one command, so that a save without a
/// transaction stays one round trip and one implicit transaction.
/// </summary>
internal sealed class CapturingBatch(ModificationCommandBatchFactoryDependencies dependencies, int maxBatchSize, Saves saves, ContextModel exposed)
    : NpgsqlModificationCommandBatch(dependencies, maxBatchSize)
{
    private readonly List<int> _ends = [];
    private BatchPlan? _plan;
    private CapturedRows? _rows;
    private int? _backend;
    private CommitWindow.Ticket? _window;

    private DbContext Context => Dependencies.CurrentContext.Context;

    public override void Complete(bool moreBatchesExpected)
    {
        var database = (PostgreSqlDatabase)saves.DatabaseOf(Context);
        var sources = RowSources.Of(exposed, Context.Model, Dependencies.SqlGenerationHelper);
        _plan = BatchPlan.Of(ModificationCommands, sources, database.ReturnsOld(Context), Dependencies.SqlGenerationHelper);
        _plan?.Complete(SqlBuilder, _ends, Propagates);
        base.Complete(moreBatchesExpected);
    }

    public override void Execute(IRelationalConnection connection)
    {
        BeginAsync(connection, async: false, CancellationToken.None).AsTask().GetAwaiter().GetResult();
        try
        {
            base.Execute(connection);
        }
        catch (Exception e)
        {
            Failed(e);
            throw;
        }

        Captured();
    }

    public override async Task ExecuteAsync(IRelationalConnection connection, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        await BeginAsync(connection, async: true, cancellationToken);
        try
        {
            await base.ExecuteAsync(connection, cancellationToken);
        }
        catch (Exception e)
        {
            Failed(e);
            throw;
        }

        Captured();
    }

    protected override void AddCommand(IReadOnlyModificationCommand modificationCommand)
    {
        base.AddCommand(modificationCommand);
        var end = SqlBuilder.Length;
        while (char.IsWhiteSpace(SqlBuilder[end - 1]))
        {
            end--;
        }

        _ends.Add(end - 1);
    }

    protected override void RollbackLastCommand(IReadOnlyModificationCommand modificationCommand)
    {
        base.RollbackLastCommand(modificationCommand);
        _ends.RemoveAt(_ends.Count - 1);
    }

    protected override void Consume(RelationalDataReader reader)
    {
        if (_plan is null)
        {
            base.Consume(reader);
        }
        else
        {
            ConsumeAsync(_plan, reader, async: false, CancellationToken.None).GetAwaiter().GetResult();
        }
    }

    protected override Task ConsumeAsync(RelationalDataReader reader, CancellationToken cancellationToken = default)
        => _plan is null ? base.ConsumeAsync(reader, cancellationToken) : ConsumeAsync(_plan, reader, async: true, cancellationToken);

    private async ValueTask BeginAsync(IRelationalConnection connection, bool async, CancellationToken cancellationToken)
    {
        if (_plan is not null)
        {
            var database = saves.DatabaseOf(Context);
            await database.KnowAsync(connection.DbConnection, async, cancellationToken);

            // A broken connection no longer says it.
            _backend = database.BackendOf(connection.DbConnection);
            _window = OpenTransactions.IsInTransaction(Context) ? null : saves.Window.Open();
        }
    }

    private void Captured()
    {
        if (_rows is not null)
        {
            new BatchEnd(Context, saves, _plan!).Captured(_rows);
        }

        _window?.Close();
    }

    private void Failed(Exception exception)
    {
        if (_plan is not null)
        {
            new BatchEnd(Context, saves, _plan).Failed(exception, _backend);
        }

        _window?.Close();
    }

    private async Task ConsumeAsync(BatchPlan plan, RelationalDataReader reader, bool async, CancellationToken cancellationToken)
    {
        var results = new Results((NpgsqlDataReader)reader.DbDataReader, async, cancellationToken);
        var rows = new CapturedRows();
        try
        {
            await rows.ReadBeforeAsync(plan, results);
            for (var i = 0; i < plan.Commands.Count; i++)
            {
                await ConsumeAsync(plan, i, reader, results, rows);
            }

            await rows.ReadAfterAsync(plan, results);
        }
        catch (PostgresException e) when (results.FaultOf(e) - plan.Leading is >= 0 and var index && index < plan.Commands.Count)
        {
            throw new DbUpdateException(RelationalStrings.UpdateStoreException, e, plan.Commands[index].Command.Entries);
        }

        _rows = rows;
    }

    private async ValueTask ConsumeAsync(BatchPlan plan, int index, RelationalDataReader reader, Results results, CapturedRows rows)
    {
        var command = plan.Commands[index];
        if (!Propagates(index) && !command.ReturnsRow && !plan.IsAlone)
        {
            if (results.AffectedRows == 0)
            {
                await ThrowConcurrencyExceptionAsync(reader, results, index);
            }

            results.Skip();
            return;
        }

        if (!await results.ReadAsync())
        {
            await ThrowConcurrencyExceptionAsync(reader, results, index);
        }

        var first = 0;
        if (Propagates(index))
        {
            command.Command.PropagateResults(reader);
            first = command.Command.ColumnModifications.Count(m => m.IsRead);
        }

        first = rows.AddReturned(command, results.Reader, first);
        if (plan.IsAlone)
        {
            rows.Stamp = Stamps.Read(results.Reader, first);
        }

        await results.NextAsync();
    }

    private bool Propagates(int command) => ResultSetMappings[command].HasFlag(ResultSetMapping.HasResultRow);

    private Task ThrowConcurrencyExceptionAsync(RelationalDataReader reader, Results results, int index)
    {
        if (results.IsAsync)
        {
            return ThrowAggregateUpdateConcurrencyExceptionAsync(reader, index, 1, 0, results.CancellationToken);
        }

        ThrowAggregateUpdateConcurrencyException(reader, index, 1, 0);
        return Task.CompletedTask;
    }
}
