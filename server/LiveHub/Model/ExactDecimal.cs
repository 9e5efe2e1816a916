using System.Globalization;

namespace LiveHub.Model;

/// <summary>Reads decimals, but none that <see cref="decimal"/> would have to round.</summary>
internal static class ExactDecimal
{
    /// <param name="text">The number, in the invariant culture.</param>
    /// <param name="more">What is allowed besides a sign and a point.</param>
    /// <param name="value">Without zeros at its end: equal numbers are written alike.</param>
    public static bool TryRead(string text, NumberStyles more, out decimal value)
    {
        const NumberStyles styles = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint;
        if (!decimal.TryParse(text, styles | more, CultureInfo.InvariantCulture, out value)
            || Digits(text) is not { } asked || asked != Digits(value.ToString(CultureInfo.InvariantCulture)))
        {
            value = 0;
            return false;
        }

        value = Trim(value);
        return true;
    }

    /// <summary>The same number without zeros at its end.</summary>
    public static decimal Trim(decimal value) => value == 0 ? 0 : value / 1.0000000000000000000000000000m;

    /// <summary>The digits that count and the power of ten of the last one; null where that is beyond all numbers.</summary>
    private static (string Digits, long Exponent)? Digits(string text)
    {
        var e = text.AsSpan().IndexOfAny('e', 'E');
        long exponent = 0;
        var isSmall = e < 0 || long.TryParse(text.AsSpan(e + 1), NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out exponent);
        var mantissa = (e < 0 ? text : text[..e]).TrimStart('+', '-');
        var point = mantissa.IndexOf('.', StringComparison.Ordinal);
        if (point >= 0)
        {
            exponent -= mantissa.Length - point - 1;
            mantissa = mantissa.Remove(point, 1);
        }

        var digits = mantissa.TrimStart('0');
        var trimmed = digits.TrimEnd('0');
        return trimmed.Length == 0 ? ("", 0) : isSmall ? (trimmed, exponent + digits.Length - trimmed.Length) : null;
    }
}
