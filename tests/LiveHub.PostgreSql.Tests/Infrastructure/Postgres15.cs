using LiveHub.PostgreSql.Tests.Infrastructure;
using LiveHub.Tests.Infrastructure;

[assembly: AssemblyFixture(typeof(Postgres15))]

namespace LiveHub.PostgreSql.Tests.Infrastructure;

/// <summary>The oldest version that is tested: the server that LIVEHUB_TEST_POSTGRES_15 names, or one from Debian's programs. It starts when it is needed.</summary>
public sealed class Postgres15() : PostgresServer("LIVEHUB_TEST_POSTGRES_15", "--version", "15")
{
    public override ValueTask InitializeAsync() => ValueTask.CompletedTask;
}
