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
    private readonly SaveInterceptor? _capture = CaptureServices.Of(dependencies.CurrentContext.Context);

    public ModificationCommandBatch Create()
        => _capture?.Model.For(dependencies.CurrentContext.Context) is { } exposed
            ? new CapturingBatch(dependencies, _maxBatchSize, _capture, exposed)
            : new NpgsqlModificationCommandBatch(dependencies, _maxBatchSize);
}
