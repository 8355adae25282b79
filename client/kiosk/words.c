/* SPDX-License-Identifier: Apache-2.0 */
/* words.c: English, Korean, Japanese, Chinese (Simplified). */
#include "words.h"

#include <stddef.h>
#include <string.h>

#define LANGS 4

static const char *const WORDS[WORD_COUNT][LANGS] = {
	[WORD_PASS] = {"Pass", "패스", "パス", "通行证"},
	[WORD_LIST] = {"List price", "정가", "通常料金", "原价"},
	[WORD_DISCOUNT] = {"Discount", "할인", "割引", "优惠"},
	[WORD_TO_PAY] = {"To pay", "결제 금액", "お支払い", "应付"},
	[WORD_USED_AT] = {"Already used at", "사용한 곳", "ご利用済みの場所",
			  "已使用于"},
	[WORD_USED_ON] = {"on (local time)", "사용 시각 (현지)",
			  "ご利用日時 (現地)", "使用时间 (当地)"},
	[WORD_USES] = {"Uses", "사용 횟수", "ご利用回数", "使用次数"},
	[WORD_NEXT] = {"Next", "다음 할 일", "次に", "下一步"},
	[WORD_ATTEMPT] = {"Attempt", "기록 번호", "記録番号", "记录编号"},
	[WORD_DETAIL] = {"Why", "이유", "理由", "原因"},
	[WORD_STALE_BUNDLE] = {"This kiosk's data is old: run sync.",
			       "키오스크 데이터가 오래되었습니다: sync 실행.",
			       "端末のデータが古くなっています: sync を実行。",
			       "本机数据较旧：请运行 sync。"},
	[WORD_STALE_STATUS] = {"A city's status list is old: run sync.",
			       "도시의 상태 목록이 오래되었습니다: sync 실행.",
			       "都市の状態リストが古くなっています: sync を実行。",
			       "城市的状态列表较旧：请运行 sync。"},
	[WORD_CHECK_ONLY] = {"Checked only: nothing was used.",
			     "확인만 했습니다. 사용 처리되지 않았습니다.",
			     "確認のみです。利用にはなっていません。",
			     "仅检查，未计为使用。"},
	[WORD_DECIDED_HERE] = {"Decided here by", "현장 판정 근거",
			       "端末での判定根拠", "本机判定依据"},
	[WORD_KEYS_AGE] = {"keys", "키", "鍵", "密钥"},
	[WORD_LIST_AGE] = {"status list", "상태 목록", "状態リスト",
			   "状态列表"},
	[WORD_DATA_AGE] = {"data", "데이터", "データ", "数据"},
	[WORD_CONFLICT] = {"This pass was used more often than it may be: "
			   "tell the operator.",
			   "이 패스는 허용 횟수를 초과하여 사용되었습니다: "
			   "운영자에게 알려 주세요.",
			   "このパスは上限を超えて使われています: "
			   "運営者へお知らせください。",
			   "此通行证的使用次数已超出限制：请告知运营方。"},
	[WORD_DISPUTED] = {"A visit with this pass is in dispute: tell the "
			   "operator.",
			   "이 패스의 사용 기록 하나가 확인 중입니다: "
			   "운영자에게 알려 주세요.",
			   "このパスの利用記録が確認中です: "
			   "運営者へお知らせください。",
			   "此通行证有一条使用记录正在核查：请告知运营方。"},
};

static const struct {
	const char *name;
	const char *text[LANGS];
} CLASSES[] = {
	{"adult", {"adult", "성인", "大人", "成人"}},
	{"youth", {"youth", "청소년", "青少年", "青少年"}},
	{"child", {"child", "어린이", "子ども", "儿童"}},
	{"senior", {"senior", "경로", "シニア", "长者"}},
	{"disabled", {"disabled", "장애인", "障がいのある方", "残障人士"}},
};

const char *word(enum word which, enum oap_lang lang)
{
	return WORDS[which][(unsigned)lang < LANGS ? lang : OAP_EN];
}

const char *class_word(const char *pass_class, enum oap_lang lang)
{
	for (size_t i = 0; i < sizeof(CLASSES) / sizeof(*CLASSES); i++)
		if (strcmp(CLASSES[i].name, pass_class) == 0)
			return CLASSES[i]
			    .text[(unsigned)lang < LANGS ? lang : OAP_EN];
	return pass_class;
}

/* Enough for the words above: Hangul, kana, ideographs and full-width forms
 * are wide, and are what UTF-8 gives three bytes from 0xe3 on. */
int text_width(const char *text)
{
	int width = 0;

	for (const unsigned char *p = (const unsigned char *)text; *p != '\0';
	     p++) {
		if ((*p & 0xc0) == 0x80)
			continue;
		width += *p >= 0xe3 && *p < 0xf0 ? 2 : 1;
	}
	return width;
}
