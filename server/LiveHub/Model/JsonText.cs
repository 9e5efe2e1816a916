namespace LiveHub.Model;

/// <summary>A column's value that is JSON: written as it is, and equal where its text is.</summary>
internal readonly record struct JsonText(string Value)
{
    /// <summary>What a member was before a change that cannot be looked behind: equal to no value that a row has afterwards.</summary>
    public static readonly JsonText Unknown = new("null");

    public override string ToString() => Value;
}
