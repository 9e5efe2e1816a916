using System.Reflection.Metadata;
using LiveHub.Redis;
using Microsoft.Extensions.DependencyInjection;

namespace LiveHub.Tests.Architecture;

public sealed class SymbolsTests
{
    /// <summary>Portable PDB specification, "Embedded Source".</summary>
    private static readonly Guid EmbeddedSource = new("0E8A571B-6926-466E-B4AD-8AB04611F5FE");

    [Theory]
    [InlineData(typeof(LiveHubOptions))]
    [InlineData(typeof(LiveHubPostgreSqlExtensions))]
    [InlineData(typeof(RedisOptions))]
    public void Symbols_bring_every_source_along(Type type)
    {
        ArgumentNullException.ThrowIfNull(type);
        var assembly = type.Assembly;
        using var symbols = MetadataReaderProvider.FromPortablePdbStream(File.OpenRead(Path.ChangeExtension(assembly.Location, ".pdb")));
        var reader = symbols.GetMetadataReader();
        var embedded = reader.CustomDebugInformation.Select(reader.GetCustomDebugInformation).Where(i => reader.GetGuid(i.Kind) == EmbeddedSource).Select(i => i.Parent).ToHashSet();
        var documents = reader.Documents.ToDictionary(d => reader.GetString(reader.GetDocument(d).Name), d => embedded.Contains(d));
        Assert.Equal([], documents.Where(d => !d.Value).Select(d => d.Key));
        Assert.Contains(documents.Keys, name => name.Replace('\\', '/').EndsWith($"/{assembly.GetName().Name}/{type.Name}.cs", StringComparison.Ordinal));
    }
}
