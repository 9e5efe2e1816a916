using LiveHub.Tests.Infrastructure;

namespace LiveHub.PostgreSql.Tests.Architecture;

public sealed class PublicApiTests
{
    [Fact]
    public void The_public_surface_is_the_reviewed_one()
        => PublicSurface.MustBeReviewed(
            typeof(PostgreSqlDatabase).Assembly, Path.Combine("tests", "LiveHub.PostgreSql.Tests", "Architecture", "PublicApi.LiveHub.PostgreSql.txt"));
}
