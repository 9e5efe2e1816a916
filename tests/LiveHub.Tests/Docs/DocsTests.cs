using System.Text.RegularExpressions;
using LiveHub.Protocol;
using LiveHub.Tests.Infrastructure;

namespace LiveHub.Tests.Docs;

/// <summary>Docs that outlive the code are worse than none.</summary>
public sealed partial class DocsTests
{
    /// <summary>What builds and runs make there comes and goes meanwhile.</summary>
    private static readonly string[] BuiltFolders = ["/node_modules/", "/obj/", "/bin/", "/dist/", "/test-results/"];

    [Fact]
    public void The_readme_s_server_code_is_the_code_that_is_compiled_here()
    {
        var readme = File.ReadAllText(Path.Combine(PostgresServer.Root(), "README.md"));
        var blocks = CSharpBlock().Matches(readme).Select(m => m.Groups["code"].Value);
        var source = File.ReadAllText(Path.Combine(PostgresServer.Root(), "tests", "LiveHub.Tests", "Docs", "ReadmeServer.cs"));
        var compiled = source.Split("// README begin\n").Skip(1).Select(s => s.Split("        // README end")[0]);
        Assert.Equal(blocks, compiled.Select(c => string.Concat(c.Split('\n').SkipLast(1).Select(line => (line.Length > 8 ? line[8..] : line) + "\n"))));
    }

    [Theory]
    [InlineData("guarantees.md")]
    [InlineData("acceptance.md")]
    public void Every_test_that_the_docs_name_exists(string page)
    {
        var root = PostgresServer.Root();
        var text = File.ReadAllText(Path.Combine(root, "docs", page));
        var tests = Tests(".cs", ".ts", ".mjs").ToList();
        var named = TestName().Matches(text).Select(m => m.Groups["name"].Value).Distinct().ToList();
        Assert.NotEmpty(named);
        Assert.Equal([], named.FindAll(name => !tests.Exists(t => t.Contains(name))));
    }

    [Fact]
    public void Every_test_that_the_guarantees_name_in_quotes_is_the_text_of_a_TypeScript_test()
    {
        var tests = string.Concat(Tests(".ts", ".mjs"));
        var prose = InCode().Replace(File.ReadAllText(Path.Combine(PostgresServer.Root(), "docs", "guarantees.md")), "");
        var named = InQuotes().Matches(prose).Select(m => m.Groups["name"].Value).Distinct().ToList();
        Assert.NotEmpty(named);
        Assert.Equal([], named.FindAll(name => !EndOfText(name).IsMatch(tests)));
    }

    [Fact]
    public void The_protocol_and_the_client_list_every_code_of_the_server()
    {
        var root = PostgresServer.Root();
        var protocol = File.ReadAllText(Path.Combine(root, "docs", "protocol.md"));
        var client = File.ReadAllText(Path.Combine(root, "client-ts", "src", "errors.ts"));
        var codes = typeof(ErrorCodes).GetFields().Select(f => (string)f.GetRawConstantValue()!).ToList();
        Assert.Equal([], codes.FindAll(code => !protocol.Contains($"| `{code}` |")));
        Assert.Equal([], codes.FindAll(code => !client.Contains($"| \"{code}\"")));
        Assert.Equal(codes.Order(), CodeRow().Matches(protocol).Select(m => m.Groups["code"].Value).Order());
    }

    [Fact]
    public void The_client_s_codes_are_the_server_s_and_those_that_its_readme_lists()
    {
        var root = PostgresServer.Root();
        var errors = File.ReadAllText(Path.Combine(root, "client-ts", "src", "errors.ts"));
        var own = CodeRow().Matches(File.ReadAllText(Path.Combine(root, "client-ts", "README.md"))).Select(m => m.Groups["code"].Value).ToList();
        var codes = typeof(ErrorCodes).GetFields().Select(f => (string)f.GetRawConstantValue()!).ToList();
        Assert.NotEmpty(own);
        Assert.Empty(own.Intersect(codes));
        Assert.Equal(codes.Concat(own).Order(), CodeInUnion().Matches(errors).Select(m => m.Groups["code"].Value).Order());
        Assert.All(own, code => Assert.Contains($"`{code}`", errors));
    }

    private static IEnumerable<string> Tests(params string[] endings) => new[] { "tests", "client-ts/test", "samples" }
        .SelectMany(folder => Directory.EnumerateFiles(Path.Combine(PostgresServer.Root(), folder), "*.*", SearchOption.AllDirectories))
        .Where(file => !BuiltFolders.Any(file.Contains) && endings.Any(file.EndsWith))
        .Select(File.ReadAllText);

    /// <summary>A test's text, or what it ends with where the rest is different for each of several.</summary>
    private static Regex EndOfText(string name) => new(Regex.Escape(name) + "[\"'`]", RegexOptions.None, TimeSpan.FromMinutes(1));

    [GeneratedRegex("^  \\| \"(?<code>[a-z_]+)\"$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 60_000)]
    private static partial Regex CodeInUnion();

    [GeneratedRegex("^\\| `(?<code>[a-z_]+)` \\|", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 60_000)]
    private static partial Regex CodeRow();

    [GeneratedRegex("```csharp\n(?<code>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 60_000)]
    private static partial Regex CSharpBlock();

    [GeneratedRegex("`[^`\n]*`", RegexOptions.None, matchTimeoutMilliseconds: 60_000)]
    private static partial Regex InCode();

    [GeneratedRegex("\"(?<name>[^\"]+)\"", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 60_000)]
    private static partial Regex InQuotes();

    /// <summary>A C# test's name, or a TypeScript test's text in quotes.</summary>
    [GeneratedRegex("`\"?(?<name>[A-Z][A-Za-z0-9]*_[A-Za-z0-9_]+|[A-Z]\\d+[a-z]? [^`\"]+)\"?`", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 60_000)]
    private static partial Regex TestName();
}
