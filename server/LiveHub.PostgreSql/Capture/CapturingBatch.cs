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
    private readonly SaveInterceptor _capture;
    private readonly RowSources _sources;
    private readonly List<int> _ends = [];
    private BatchReads? _reads;
    private CapturedRows? _rows;
    private int? _backend;

    public CapturingBatch(ModificationCommandBatchFactoryDependencies dependencies, int maxBatchSize, SaveInterceptor capture, ContextModel exposed)
        : base(dependencies, maxBatchSize)
    {
        _capture = capture;
        _sources = RowSources.Of(exposed, Context.Model, dependencies.SqlGenerationHelper);
    }

    private DbContext Context => Dependencies.CurrentContext.Context;

    /// <summary>Null where nothing that is exposed is written.</summary>
    private BatchEnd? End => _reads is null ? null : new(Context, _capture, _sources, ModificationCommands);

    /// <summary>A single statement brings the stamp along.</summary>
    private bool IsAlone => ModificationCommands.Count == 1 && ModificationCommands[0].StoreStoredProcedure is null;

    public override void Complete(bool moreBatchesExpected)
    {
        if (ModificationCommands.Any(c => SourcesOf(c).Length > 0 || _sources.CascadesOf(c).Length > 0))
        {
            var database = (PostgreSqlDatabase)_capture.Databases.For(Context.GetType());
            _reads = BatchReads.Of(ModificationCommands, _sources, database.ReturnsOld(Context), Dependencies.SqlGenerationHelper);
            AddReturning(_reads);
            SqlBuilder.Insert(0, _reads.BeforeSql()).Append(_reads.AfterSql());
            if (!IsAlone)
            {
                SqlBuilder.AppendLine(Stamps.Sql);
            }
        }

        base.Complete(moreBatchesExpected);
    }

    public override void Execute(IRelationalConnection connection)
    {
        // Asked now: a broken connection no longer says it.
        _backend = _capture.BackendOf(Context, connection.DbConnection);
        try
        {
            base.Execute(connection);
        }
        catch (Exception e)
        {
            End?.Failed(e, _backend);
            throw;
        }

        End?.Captured(_rows);
    }

    public override async Task ExecuteAsync(IRelationalConnection connection, CancellationToken cancellationToken = default)
    {
        cancellationToken.ThrowIfCancellationRequested();
        _backend = _capture.BackendOf(Context, connection.DbConnection);
        try
        {
            await base.ExecuteAsync(connection, cancellationToken);
        }
        catch (Exception e)
        {
            End?.Failed(e, _backend);
            throw;
        }

        End?.Captured(_rows);
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
        catch (PostgresException e) when (results.FaultOf(e) - _reads!.Leading is >= 0 and var index && index < ModificationCommands.Count)
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

        foreach (var cascade in _reads.Reached)
        {
            for (var found = 1; await results.ReadAsync(); found++)
            {
                if (found <= Cascade.MaxRows)
                {
                    rows.AddReached(cascade, results.Reader);
                }
                else
                {
                    rows.AddAll(cascade);
                }
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

        if (!IsAlone)
        {
            await results.ReadAsync();
            rows.Stamp = Stamps.Read(results.Reader);

            // The answer to an implicit commit comes after the last result.
            await results.NextAsync();
        }

        _rows = rows;
    }

    /// <summary>Appends to the statements what they are to return besides what EF Core wants.</summary>
    private void AddReturning(BatchReads reads)
    {
        for (var i = ModificationCommands.Count - 1; i >= 0; i--)
        {
            var returning = string.Join(", ", ReturnedBy(i, reads).Concat(IsAlone ? [Stamps.Columns] : []));
            if (returning.Length > 0)
            {
                SqlBuilder.Insert(_ends[i], (Propagates(i) ? ", " : "\nRETURNING ") + returning);
            }
        }
    }

    private IEnumerable<string> ReturnedBy(int command, BatchReads reads)
    {
        foreach (var source in WholeSourcesOf(ModificationCommands[command]))
        {
            if (reads.IsOldReturned(command))
            {
                // Of a deleted row, the columns are what they were.
                yield return reads.IsReturned(command) ? source.ReturningOld : source.Returning;
            }

            if (reads.IsReturned(command))
            {
                yield return source.Returning;
            }
        }
    }

    private bool Propagates(int command) => ResultSetMappings[command].HasFlag(ResultSetMapping.HasResultRow);

    private async Task ConsumeAsync(RelationalDataReader reader, Results results, int index, CapturedRows rows)
    {
        var command = ModificationCommands[index];
        if (!Propagates(index) && !_reads!.IsReturned(index) && !_reads.IsOldReturned(index) && !IsAlone)
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
            command.PropagateResults(reader);
            first = command.ColumnModifications.Count(m => m.IsRead);
        }

        if (_reads!.IsReturned(index) || _reads.IsOldReturned(index))
        {
            foreach (var source in WholeSourcesOf(command))
            {
                if (_reads.IsOldReturned(index))
                {
                    rows.AddBefore(source, results.Reader, first);
                    first += source.Width;
                }

                if (_reads.IsReturned(index))
                {
                    rows.AddReturned(source, results.Reader, first);
                    first += source.Width;
                }
            }
        }

        if (IsAlone)
        {
            rows.Stamp = Stamps.Read(results.Reader, first);
        }

        await results.NextAsync();
    }

    private Task ThrowConcurrencyExceptionAsync(RelationalDataReader reader, Results results, int index)
    {
        if (results.IsAsync)
        {
            return ThrowAggregateUpdateConcurrencyExceptionAsync(reader, index, 1, 0, results.CancellationToken);
        }

        ThrowAggregateUpdateConcurrencyException(reader, index, 1, 0);
        return Task.CompletedTask;
    }

    private RowSource[] SourcesOf(IReadOnlyModificationCommand command) => _sources.Find(command);

    private IEnumerable<RowSource> WholeSourcesOf(IReadOnlyModificationCommand command) => SourcesOf(command).Where(s => s.IsWhole);
}
