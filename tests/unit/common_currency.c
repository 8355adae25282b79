/* SPDX-License-Identifier: Apache-2.0 */
/* Currencies and amounts as people write them. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>

#include "currency.h"
#include "limits.h"

/* ISO 4217 list one as of amendment 180, which took out BGN on 2026-01-01: the
 * active currencies by their minor units. */
static const char *const ACTIVE[] = {
    [0] = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF "
	  "XPF ",
    [1] = "",
    [2] = "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BOV "
	  "BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CNY COP COU CRC CUP "
	  "CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD "
	  "GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES KGS KHR KPW KYD "
	  "KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR "
	  "MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR "
	  "PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP "
	  "STN SVC SYP SZL THB TJS TMT TOP TRY TTD TWD TZS UAH USD USN UYU "
	  "UZS VED VES WST XAD XCD XCG YER ZAR ZMW ZWG ",
    [3] = "BHD IQD JOD KWD LYD OMR TND ",
    [4] = "CLF UYW ",
};

static int decimals_in_iso(const char code[static 4])
{
	char word[] = {code[0], code[1], code[2], ' ', '\0'};

	for (int i = 0; i < 5; i++) {
		const char *at = strstr(ACTIVE[i], word);

		if (at != NULL && (at - ACTIVE[i]) % 4 == 0)
			return i;
	}
	return -1;
}

/* Of every code that there could be: a row that is missing, too many, out of
 * order (the search would not find it) or has other decimals. */
static void decimals_are_those_of_iso_4217(void **state)
{
	char code[4] = "";
	int found = 0;

	(void)state;
	for (int n = 0; n < 26 * 26 * 26; n++) {
		int decimals;

		code[0] = (char)('A' + n / (26 * 26));
		code[1] = (char)('A' + n / 26 % 26);
		code[2] = (char)('A' + n % 26);
		decimals = currency_decimals(bytes_text(code));
		if (decimals != decimals_in_iso(code))
			fail_msg("%s: %d decimals, not %d", code, decimals,
				 decimals_in_iso(code));
		found += decimals >= 0;
	}
	assert_int_equal(found, 165);
}

static void what_is_no_code_has_no_decimals(void **state)
{
	static const char *const NONE[] = {"krw", "KR", "KRWW", "", "K W"};

	(void)state;
	for (size_t i = 0; i < sizeof(NONE) / sizeof(*NONE); i++)
		assert_int_equal(currency_decimals(bytes_text(NONE[i])), -1);
}

static void amounts_are_written_with_their_decimals(void **state)
{
	static const struct {
		int64_t amount;
		const char *code, *text;
	} CASES[] = {
	    {24000, "KRW", "24,000 KRW"},
	    {0, "KRW", "0 KRW"},
	    {999, "KRW", "999 KRW"},
	    {1000, "KRW", "1,000 KRW"},
	    {1250, "EUR", "12.50 EUR"},
	    {5, "EUR", "0.05 EUR"},
	    {0, "EUR", "0.00 EUR"},
	    {100000, "EUR", "1,000.00 EUR"},
	    {1234567890, "BHD", "1,234,567.890 BHD"},
	    {1, "BHD", "0.001 BHD"},
	    {10000, "CLF", "1.0000 CLF"},
	    {-1250, "EUR", "-12.50 EUR"},
	    {1250, "XXX", "1,250 XXX"},
	    {AMOUNT_MAX, "KRW", "1,000,000,000,000 KRW"},
	    {INT64_MIN, "KRW", "-9,223,372,036,854,775,808 KRW"},
	    {INT64_MAX, "CLF", "922,337,203,685,477.5807 CLF"},
	};
	char text[AMOUNT_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
		amount_format(CASES[i].amount, bytes_text(CASES[i].code),
			      text);
		assert_string_equal(text, CASES[i].text);
	}
}

static void amounts_are_read_in_major_units(void **state)
{
	static const struct {
		const char *text, *code;
		int64_t amount; /* -1: refused */
	} CASES[] = {
	    {"24000", "KRW", 24000},
	    {"0", "KRW", 0},
	    {"007", "KRW", 7},
	    {"9", "KRW", 9},
	    {"1:", "KRW", -1},
	    {"1/", "KRW", -1},
	    {"12.5", "EUR", 1250},
	    {"12.50", "EUR", 1250},
	    {"12", "EUR", 1200},
	    {"1.234", "BHD", 1234},
	    {"1000000000000", "KRW", AMOUNT_MAX},
	    {"10000000000", "EUR", AMOUNT_MAX},
	    {"10000000000.00", "EUR", AMOUNT_MAX},
	    {"1250", "XXX", 1250},
	    {"1000000000001", "KRW", -1},
	    {"10000000000.01", "EUR", -1},
	    {"99999999999999999999999999", "EUR", -1},
	    {"12.505", "EUR", -1},
	    {"1.2", "KRW", -1},
	    {"12.", "EUR", -1},
	    {"12.", "JPY", -1},
	    {"12.0", "KRW", -1},
	    {".5", "EUR", -1},
	    {"", "EUR", -1},
	    {"-1", "EUR", -1},
	    {"+1", "EUR", -1},
	    {"1,000", "KRW", -1},
	    {" 1", "KRW", -1},
	    {"1 ", "KRW", -1},
	    {"1e3", "KRW", -1},
	    {"1.2.3", "BHD", -1},
	    {"1.25", "XXX", -1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
		int64_t amount = -7;
		bool taken = amount_parse(bytes_text(CASES[i].text),
					  bytes_text(CASES[i].code), &amount);

		assert_int_equal(taken, CASES[i].amount >= 0);
		/* Refused text leaves the amount as it was. */
		assert_true(amount == (taken ? CASES[i].amount : -7));
	}
}

static void currency_codes_are_three_capitals(void **state)
{
	static const struct {
		uint8_t item[8];
		size_t n;
		bool taken;
	} CASES[] = {
	    {"\x63KRW", 4, true},   {"\x63krw", 4, false},
	    {"\x63KR1", 4, false},  {"\x62KR", 3, false},
	    {"\x64KRWW", 5, false}, {"\x43KRW", 4, false},
	    {"\x63" "AZA", 4, true},  {"\x63@AA", 4, false},
	    {"\x63[AA", 4, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(CASES) / sizeof(*CASES); i++) {
		struct cbor_in in =
		    cbor_reader(bytes_of(CASES[i].item, CASES[i].n));
		struct bytes code;

		assert_int_equal(currency_read(&in, &code), CASES[i].taken);
		assert_int_equal(cbor_at_end(&in), CASES[i].taken);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(decimals_are_those_of_iso_4217),
	    cmocka_unit_test(what_is_no_code_has_no_decimals),
	    cmocka_unit_test(amounts_are_written_with_their_decimals),
	    cmocka_unit_test(amounts_are_read_in_major_units),
	    cmocka_unit_test(currency_codes_are_three_capitals),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
