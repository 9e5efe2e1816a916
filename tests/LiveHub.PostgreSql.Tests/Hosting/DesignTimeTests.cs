using System.Collections;
using LiveHub.PostgreSql.Racer;
using Microsoft.EntityFrameworkCore.Design;

namespace LiveHub.PostgreSql.Tests.Hosting;

/// <summary>What <c>dotnet ef</c> does with an application: it runs its entry point until the host is built, and takes the context from there.</summary>
public sealed class DesignTimeTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("livehub-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Migrations_are_made_without_a_database_and_have_nothing_of_LiveHub_in_them()
    {
        var told = new List<string>();
        var executor = Executor(told);
        var result = Run(handler => new OperationExecutor.AddMigration(executor, handler, new Dictionary<string, object?>
        {
            ["name"] = "First",
            ["outputDir"] = _folder,
            ["contextType"] = nameof(RaceDb),
            ["namespace"] = "Migrations",
            ["dryRun"] = false,
        }));
        Assert.Equal([], told);
        var migration = File.ReadAllText((string)result["MigrationFile"]!);
        Assert.Contains("""migrationBuilder.CreateTable(""", migration, StringComparison.Ordinal);
        Assert.Contains("""name: "Prizes",""", migration, StringComparison.Ordinal);
        Assert.DoesNotContain("LiveHub", migration, StringComparison.Ordinal);

        // There the application's own names are in full.
        var application = typeof(RaceDb).Namespace!;
        Assert.All(
            ["MetadataFile", "SnapshotFile"],
            file => Assert.DoesNotContain("LiveHub", File.ReadAllText((string)result[file]!).Replace(application, "", StringComparison.Ordinal), StringComparison.Ordinal));
        Assert.Contains("127.0.0.1:1", (string)Run(handler => new OperationExecutor.GetContextInfo(executor, handler, new Dictionary<string, object?> { ["contextType"] = nameof(RaceDb) }))["DataSource"]!, StringComparison.Ordinal);
    }

    private OperationExecutor Executor(List<string> told) => new(
        new OperationReportHandler(told.Add, told.Add),
        new Dictionary<string, object?>
        {
            ["targetName"] = typeof(RaceDb).Assembly.GetName().Name,
            ["startupTargetName"] = typeof(RaceDb).Assembly.GetName().Name,
            ["projectDir"] = _folder,
            ["rootNamespace"] = "Race",
            ["language"] = "C#",
            ["nullable"] = true,
            ["toolsVersion"] = null,
            ["remainingArguments"] = new[] { "Host=127.0.0.1;Port=1;Database=nowhere;Username=nobody", "design", "0" },
        });

    private static IDictionary Run(Func<OperationResultHandler, object> run)
    {
        var handler = new OperationResultHandler();
        _ = run(handler);
        Assert.True(handler.HasResult, $"{handler.ErrorType}: {handler.ErrorMessage}");
        return (IDictionary)handler.Result!;
    }
}
