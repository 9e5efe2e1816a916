using System.Data.Common;
using LiveHub.Capture;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage;

namespace LiveHub.PostgreSql.Capture;

/// <summary>A transaction of EF Core whose savepoints and whose end capture hears of.</summary>
internal sealed class CapturingTransaction(
    OpenTransactions transactions,
    DbContext context,
    IRelationalConnection connection,
    DbTransaction transaction,
    Guid transactionId,
    IDiagnosticsLogger<DbLoggerCategory.Database.Transaction> logger,
    bool isOwned,
    ISqlGenerationHelper sql)
    : RelationalTransaction(connection, transaction, transactionId, logger, isOwned, sql)
{
    private readonly DbTransaction _transaction = transaction;
    private readonly bool _isOwned = isOwned;
    private bool _hasEnded;

    public override void CreateSavepoint(string name)
    {
        base.CreateSavepoint(name);
        Open().CreateSavepoint(name);
    }

    public override async Task CreateSavepointAsync(string name, CancellationToken cancellationToken = default)
    {
        await base.CreateSavepointAsync(name, cancellationToken);
        Open().CreateSavepoint(name);
    }

    public override void RollbackToSavepoint(string name)
    {
        base.RollbackToSavepoint(name);
        Open().RollBackToSavepoint(name);
    }

    public override async Task RollbackToSavepointAsync(string name, CancellationToken cancellationToken = default)
    {
        await base.RollbackToSavepointAsync(name, cancellationToken);
        Open().RollBackToSavepoint(name);
    }

    public override void ReleaseSavepoint(string name)
    {
        base.ReleaseSavepoint(name);
        Open().ReleaseSavepoint(name);
    }

    public override async Task ReleaseSavepointAsync(string name, CancellationToken cancellationToken = default)
    {
        await base.ReleaseSavepointAsync(name, cancellationToken);
        Open().ReleaseSavepoint(name);
    }

    public override void Commit()
    {
        _hasEnded = true;
        base.Commit();
    }

    public override Task CommitAsync(CancellationToken cancellationToken = default)
    {
        _hasEnded = true;
        return base.CommitAsync(cancellationToken);
    }

    public override void Rollback()
    {
        _hasEnded = true;
        base.Rollback();
    }

    public override Task RollbackAsync(CancellationToken cancellationToken = default)
    {
        _hasEnded = true;
        return base.RollbackAsync(cancellationToken);
    }

    public override void Dispose()
    {
        EndWithoutAWord();
        base.Dispose();
    }

    public override ValueTask DisposeAsync()
    {
        EndWithoutAWord();
        return base.DisposeAsync();
    }

    private OpenTransaction Open() => transactions.Of(context, _transaction, stamp: null);

    /// <summary>
    /// Before the object goes back to the connection, which may use it again for another transaction. One of somebody else goes on.
    /// </summary>
    private void EndWithoutAWord()
    {
        if (_isOwned && !_hasEnded && transactions.Release(_transaction) is { } open)
        {
            if (HasCompleted())
            {
                transactions.Resolve(open);
            }
            else
            {
                transactions.Drop(open);
            }
        }

        _hasEnded = true;
    }

    /// <summary>By ADO.NET, behind EF Core's back: then its properties can no longer be read.</summary>
    private bool HasCompleted()
    {
        try
        {
            _ = _transaction.IsolationLevel;
            return false;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }
}
