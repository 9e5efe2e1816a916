using LiveHub.Capture;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Update;
using Npgsql.EntityFrameworkCore.PostgreSQL.Infrastructure.Internal;
using Npgsql.EntityFrameworkCore.PostgreSQL.Update.Internal;

namespace LiveHub.PostgreSql.Capture;

/// <summary>Makes the batches of a context whose saves are captured.</summary>
internal sealed class CapturingBatchFactory(ModificationCommandBatchFactoryDependencies dependencies, IDbContextOptions options) : IModificationCommandBatchFactory
{
    /// <summary>What Npgsql's own factory takes where the application sets nothing.</summary>
    private const int DefaultMaxBatchSize = 1_000;

    private readonly int _maxBatchSize = options.FindExtension<NpgsqlOptionsExtension>()?.MaxBatchSize ?? DefaultMaxBatchSize;
    private readonly Saves? _saves = CaptureServices.Of(dependencies.CurrentContext.Context);

    public ModificationCommandBatch Create()
        => _saves?.ModelOf(dependencies.CurrentContext.Context) is { } exposed
            ? new CapturingBatch(dependencies, _maxBatchSize, _saves, exposed)
            : new NpgsqlModificationCommandBatch(dependencies, _maxBatchSize);
}
