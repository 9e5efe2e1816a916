using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.PostgreSql.Tests.Capture;

/// <summary>Captured in the save itself.</summary>
internal sealed class InterceptorMode : ICaptureMode
{
    public void Configure<TContext>(LiveHubBuilder<TContext> live)
        where TContext : DbContext
        => live.UsePostgreSql();
}

public sealed class InterceptorCaptureTests(Database18 database) : CaptureSpecification(database), IClassFixture<Database18>
{
    private protected override ICaptureMode Mode => new InterceptorMode();
}

public sealed class InterceptorCaptureOn15Tests(Database15 database) : CaptureSpecification(database), IClassFixture<Database15>
{
    private protected override ICaptureMode Mode => new InterceptorMode();
}
