using System.Data.Common;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Diagnostics;
using Microsoft.EntityFrameworkCore.Storage;

namespace LiveHub.PostgreSql.Capture;

/// <summary>Makes transactions that tell capture what EF Core's events do not: names of savepoints, and the end without a word.</summary>
internal sealed class CapturingTransactionFactory(RelationalTransactionFactoryDependencies dependencies) : IRelationalTransactionFactory
{
    public RelationalTransaction Create(
        IRelationalConnection connection, DbTransaction transaction, Guid transactionId, IDiagnosticsLogger<DbLoggerCategory.Database.Transaction> logger, bool transactionOwned)
        => CaptureServices.Of(connection.Context) is { } saves
            ? new CapturingTransaction(saves.Transactions, connection.Context, connection, transaction, transactionId, logger, transactionOwned, dependencies.SqlGenerationHelper)
            : new RelationalTransaction(connection, transaction, transactionId, logger, transactionOwned, dependencies.SqlGenerationHelper);
}
