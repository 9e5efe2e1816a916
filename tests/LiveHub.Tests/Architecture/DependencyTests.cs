using System.Text.RegularExpressions;
using LiveHub.Tests.Infrastructure;

namespace LiveHub.Tests.Architecture;

/// <summary>DESIGN, section 3: one direction, one step a folder; nothing later in the way is used by anything earlier.</summary>
public sealed partial class DependencyTests
{
    /// <summary>The way of a change. Those in one line may be used by each other as long as there is no cycle.</summary>
    private static readonly string[][] Way =
    [
        ["Model"],
        ["Changes"],
        ["Formats"],
        ["Capture", "Backplane"],
        ["Protocol"],
        ["Shapes"],
        ["Snapshots"],
        ["Routing"],
        ["Hubs"],
    ];

    private static readonly string Root = Path.Combine(PostgresServer.Root(), "server", "LiveHub");

    private static readonly Dictionary<string, (string File, string Uses)[]> Uses = Directory.GetDirectories(Root)
        .Where(d => Path.GetFileName(d) is not ("bin" or "obj"))
        .ToDictionary(d => Path.GetFileName(d), d => Directory.GetFiles(d, "*.cs", SearchOption.AllDirectories).SelectMany(UsesOf).ToArray());

    [Fact]
    public void Every_folder_has_its_place()
        => Assert.Equal(Way.SelectMany(w => w).Append("Diagnostics").Order(), Uses.Keys.Order());

    [Fact]
    public void Nothing_earlier_uses_anything_later()
    {
        var wrong = from folder in Uses
                    where folder.Key != "Diagnostics"
                    from use in folder.Value
                    where use.Uses != "Diagnostics" && Place(use.Uses) > Place(folder.Key)
                    select $"{use.File} uses LiveHub.{use.Uses}, which comes later.";
        Assert.Empty(wrong);
    }

    [Fact]
    public void Diagnostics_may_be_used_by_all_and_uses_the_model_alone()
        => Assert.Empty(Uses["Diagnostics"].Where(u => u.Uses != "Model").Select(u => $"{u.File} uses LiveHub.{u.Uses}."));

    [Fact]
    public void No_two_folders_use_each_other()
    {
        var pairs = Uses.SelectMany(f => f.Value.Select(u => (From: f.Key, To: u.Uses))).Where(p => p.From != p.To).ToHashSet();
        Assert.Empty(pairs.Where(p => pairs.Contains((p.To, p.From))).Select(p => $"{p.From} and {p.To}"));
    }

    [Fact]
    public void Every_namespace_is_its_folder()
        => Assert.Empty(Directory.GetDirectories(Root).Where(d => Path.GetFileName(d) is not ("bin" or "obj"))
            .SelectMany(d => Directory.GetFiles(d, "*.cs", SearchOption.AllDirectories)
                .Where(f => !File.ReadLines(f).Contains($"namespace LiveHub.{Path.GetFileName(d)};"))));

    [Fact]
    public void A_use_is_found_however_it_is_written()
    {
        Assert.Equal(["Hubs", "Routing", "Shapes", "Snapshots"], Found("""
            using LiveHub.Hubs;
            using static LiveHub.Routing.Differ;
            class A : LiveHub.Shapes.Shape { Snapshots.Snapshot? _b; }
            """));
        Assert.Empty(Found("""
            // using LiveHub.Hubs;
            namespace LiveHub.Model;
            /// <see cref="Protocol.Step"/>
            class A { string Hubs = "LiveHub.Routing"; }
            """));
    }

    private static int Place(string folder) => Array.FindIndex(Way, w => w.Contains(folder));

    private static IEnumerable<(string File, string Uses)> UsesOf(string file)
        => Found(File.ReadAllText(file)).Select(u => (Path.GetRelativePath(Root, file), u));

    private static IEnumerable<string> Found(string code)
        => Use().Matches(Ignored().Replace(code, "")).Select(m => m.Groups["folder"].Value).Distinct().Order();

    [GeneratedRegex("""(?:\bLiveHub\.|(?<![\w.]))(?<folder>Model|Changes|Capture|Backplane|Protocol|Shapes|Snapshots|Routing|Hubs|Diagnostics)(?=\.[A-Z]\w*|;)""", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Use();

    /// <summary>Comments, strings, and the file's own namespace.</summary>
    [GeneratedRegex("""//[^\n]*|"(?:[^"\\\n]|\\.)*"|^\s*namespace[^\n]*""", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Ignored();
}
