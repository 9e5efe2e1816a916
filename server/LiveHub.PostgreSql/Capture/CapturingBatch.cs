using System.Text;
using LiveHub.Capture;
using LiveHub.Changes;
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
internal sealed class CapturingBatch : NpgsqlModificationCommandBatch
{
    private const string StampSql = "SELECT pg_current_wal_insert_lsn(), pg_current_xact_id();";

    private readonly SaveInterceptor _capture;
    private readonly RowSources _sources;
    private BatchReads? _reads;
    private CapturedRows? _rows;

    public CapturingBatch(ModificationCommandBatchFactoryDependencies dependencies, int maxBatchSize, SaveInterceptor capture, ContextModel exposed)
        : base(dependencies, maxBatchSize)
    {
        _capture = capture;
        _sources = RowSources.Of(exposed, Context.Model, dependencies.SqlGenerationHelper);
    }

    private DbContext Context => Dependencies.CurrentContext.Context;

    public override void Complete(bool moreBatchesExpected)
    {
        if (ModificationCommands.Any(c => SourcesOf(c).Length > 0))
        {
            _reads = BatchReads.Of(ModificationCommands, _sources, Dependencies.SqlGenerationHelper);
            SqlBuilder.Insert(0, _reads.BeforeSql()).Append(_reads.AfterSql()).AppendLine(StampSql);
        }

        base.Complete(moreBatchesExpected);
    }

    public override void Execute(IRelationalConnection connection)
    {
        try
        {
            base.Execute(connection);
        }
        catch (Exception e)
        {
            Failed(connection, e);
            throw;
        }

        Captured();
    }

    public override async Task ExecuteAsync(IRelationalConnection connection, CancellationToken cancellationToken = default)
    {
        try
        {
            await base.ExecuteAsync(connection, cancellationToken);
        }
        catch (Exception e)
        {
            Failed(connection, e);
            throw;
        }

        Captured();
    }

    /// <summary>An inserted row comes back whole from its own statement: its key may be known only there.</summary>
    protected override void AddCommand(IReadOnlyModificationCommand modificationCommand)
    {
        base.AddCommand(modificationCommand);
        if (!ReturnsRow(modificationCommand))
        {
            return;
        }

        var end = SqlBuilder.Length;
        while (char.IsWhiteSpace(SqlBuilder[end - 1]))
        {
            end--;
        }

        SqlBuilder.Length = end - 1;
        SqlBuilder
            .Append(ResultSetMappings[^1].HasFlag(ResultSetMapping.HasResultRow) ? ", " : "\nRETURNING ")
            .AppendJoin(", ", WholeSourcesOf(modificationCommand).Select(s => s.Returning))
            .Append(";\n");
    }

    protected override void Consume(RelationalDataReader reader)
    {
        if (_reads is null)
        {
            base.Consume(reader);
        }
        else
        {
            ConsumeAsync(reader, async: false, CancellationToken.None).GetAwaiter().GetResult();
        }
    }

    protected override Task ConsumeAsync(RelationalDataReader reader, CancellationToken cancellationToken = default)
        => _reads is null ? base.ConsumeAsync(reader, cancellationToken) : ConsumeAsync(reader, async: true, cancellationToken);

    private async Task ConsumeAsync(RelationalDataReader reader, bool async, CancellationToken cancellationToken)
    {
        var results = new Results((NpgsqlDataReader)reader.DbDataReader, async, cancellationToken);
        try
        {
            await ConsumeAsync(reader, results);
        }
        catch (PostgresException e) when (results.FaultOf(e) - _reads!.Before.Count is >= 0 and var index && index < ModificationCommands.Count)
        {
            throw new DbUpdateException(RelationalStrings.UpdateStoreException, e, ModificationCommands[index].Entries);
        }
    }

    private async Task ConsumeAsync(RelationalDataReader reader, Results results)
    {
        var rows = new CapturedRows();
        foreach (var read in _reads!.Before)
        {
            var found = 0;
            for (; await results.ReadAsync(); found++)
            {
                rows.AddBefore(read.Source, results.Reader);
            }

            if (found < read.Keys.Count && read.State is not EntityState.Added)
            {
                rows.Miss(read);
            }

            await results.NextAsync();
        }

        for (var i = 0; i < ModificationCommands.Count; i++)
        {
            await ConsumeAsync(reader, results, i, rows);
        }

        foreach (var source in _reads.After)
        {
            while (await results.ReadAsync())
            {
                rows.AddAfter(source, results.Reader);
            }

            await results.NextAsync();
        }

        await results.ReadAsync();
        rows.Stamp = Stamps.Read(results.Reader);

        // The answer to an implicit commit comes after the last result.
        await results.NextAsync();
        _rows = rows;
    }

    private async Task ConsumeAsync(RelationalDataReader reader, Results results, int index, CapturedRows rows)
    {
        var command = ModificationCommands[index];
        var propagates = ResultSetMappings[index].HasFlag(ResultSetMapping.HasResultRow);
        if (!propagates && !ReturnsRow(command))
        {
            if (results.AffectedRows == 0)
            {
                await ThrowAggregateUpdateConcurrencyExceptionAsync(reader, index, 1, 0, results.CancellationToken);
            }

            results.Skip();
            return;
        }

        if (!await results.ReadAsync())
        {
            await ThrowAggregateUpdateConcurrencyExceptionAsync(reader, index, 1, 0, results.CancellationToken);
        }

        if (propagates)
        {
            command.PropagateResults(reader);
        }

        if (ReturnsRow(command))
        {
            var first = command.ColumnModifications.Count(m => m.IsRead);
            foreach (var source in WholeSourcesOf(command))
            {
                rows.AddAfter(source, results.Reader, first);
                first += source.Width;
            }
        }

        await results.NextAsync();
    }

    /// <summary>The database has taken all of it; nothing may fail the save any more.</summary>
    private void Captured()
    {
        if (_rows is null)
        {
            return;
        }

        var writes = new ChangesetBuilder();
        try
        {
            writes = _rows.ToChanges();
            foreach (var entity in Unread())
            {
                writes.Add(Invalidation.Of(entity));
            }

            _capture.Transactions.Add(Context, writes, _rows.Stamp);
        }
        catch (Exception e)
        {
            _capture.Lost(e, writes);
        }
    }

    private void Failed(IRelationalConnection connection, Exception exception)
    {
        if (_reads is null)
        {
            return;
        }

        if (Context.Database.CurrentTransaction is { } transaction)
        {
            _capture.Transactions.MarkFailed(Context, transaction.GetDbTransaction());
        }
        else if (OpenTransactions.Ambient(Context) is not null)
        {
            _capture.Transactions.MarkFailed(Context, transaction: null);
        }
        else if (!IsUndone(exception))
        {
            // The command was its own transaction, and its answer did not come.
            var doubtful = new OpenTransaction(Context.GetType(), OpenTransactions.NameOf(Context)) { Backend = BackendOf(connection) };
            var writes = new ChangesetBuilder();
            foreach (var entity in ModificationCommands.SelectMany(SourcesOf).Select(s => s.Entity).Distinct())
            {
                writes.Add(Invalidation.Of(entity));
            }

            doubtful.Add(writes, stamp: null);
            _capture.Resolver.Resolve(doubtful);
        }
    }

    /// <summary>The server said no to the command as a whole, or the one statement of it found no row.</summary>
    private bool IsUndone(Exception exception)
        => exception.GetBaseException() is PostgresException || (exception is DbUpdateConcurrencyException && ModificationCommands.Count == 1);

    private static int? BackendOf(IRelationalConnection connection)
    {
        try
        {
            return ((NpgsqlConnection)connection.DbConnection).ProcessID;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    /// <summary>Entities that are written by stored procedures, whose rows nobody can read in the same command.</summary>
    private IEnumerable<Entity> Unread()
        => ModificationCommands.Where(c => c.StoreStoredProcedure is not null).SelectMany(SourcesOf).Select(s => s.Entity).Distinct();

    private RowSource[] SourcesOf(IReadOnlyModificationCommand command) => _sources.Find(command);

    private IEnumerable<RowSource> WholeSourcesOf(IReadOnlyModificationCommand command) => SourcesOf(command).Where(s => s.IsWhole);

    private bool ReturnsRow(IReadOnlyModificationCommand command)
        => command.EntityState is EntityState.Added && command.StoreStoredProcedure is null && WholeSourcesOf(command).Any();
}
